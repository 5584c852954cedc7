using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>PLD_DEVICE, which stands for "auto" and so reaches models that are loaded without options.</summary>
[TestClass]
[DoNotParallelize] // the variable belongs to the process
public sealed class DeviceVariableTests
{
    private const string Variable = "PLD_DEVICE";

    [TestCleanup]
    public void Unset() => Environment.SetEnvironmentVariable(Variable, null);

    [TestMethod]
    public void ItStandsForAutoOnly()
    {
        Environment.SetEnvironmentVariable(Variable, "cpu");
        Assert.AreEqual(DeviceType.CPU, DeviceChoice.Resolve("auto").type);
        Environment.SetEnvironmentVariable(Variable, "tpu");
        Assert.AreEqual(DeviceType.CPU, DeviceChoice.Resolve("cpu").type);
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentException>(() => DeviceChoice.Resolve("auto")).Message, "The environment variable PLD_DEVICE is 'tpu'; expected");
    }

    [TestMethod]
    public void ResolvedOptionsNameTheDeviceAndThePrecisionThatARunHas()
    {
        foreach (var named in new[] { null, "cpu" })
        {
            Environment.SetEnvironmentVariable(Variable, named);
            foreach (var precision in Enum.GetValues<Precision>())
            {
                var options = new RuntimeOptions { Precision = precision, MicroBatchSize = 7 };
                var (device, type) = options.Apply();
                var resolved = options.Resolve();
                StringAssert.StartsWith(resolved.Device, device.type == DeviceType.CPU ? "cpu" : "cuda");
                Assert.AreEqual(type.ToString(), resolved.Precision.ToString());
                Assert.AreEqual(options with { Device = resolved.Device, Precision = resolved.Precision }, resolved);
                Assert.AreEqual($"{device} {type}", string.Join(' ', resolved.Apply().Device, resolved.Apply().Type), "and resolves to itself");
            }
        }
        Environment.SetEnvironmentVariable(Variable, "tpu");
        Assert.ThrowsExactly<ArgumentException>(() => new RuntimeOptions().Resolve());
    }

    [TestMethod]
    public void ALoadedModelIsNotCalledDamagedWhenTheDeviceIsNotThere()
    {
        using var corpus = new TestCorpus(documents: 4);
        var mlContext = new MLContext(seed: 1);
        var text = mlContext.Data.LoadFromEnumerable([new { Text = "one two three." }, new { Text = "four five six." }]);
        var options = new PldBertEstimator.Options
        {
            Config = TestCorpus.Config, Pretraining = TestCorpus.Options with { Steps = 1 }, Runtime = TestCorpus.Runtime, Vocabulary = corpus.Tokenizer.Vocabulary, MaxLength = 11,
        };
        using var zip = new MemoryStream();
        using (var transformer = mlContext.Transforms.PldBert("Features", "Text", options).Fit(text)) mlContext.Model.Save(transformer, text.Schema, zip);

        Environment.SetEnvironmentVariable(Variable, "cuda:99");
        zip.Position = 0;
        var failure = Assert.Throws<Exception>(() => mlContext.Model.Load(zip, out _)).ToString();
        Assert.Contains("The environment variable PLD_DEVICE is 'cuda:99', but", failure);
        Assert.DoesNotContain("damaged", failure);
    }
}
