using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Microsoft.ML.PLD.Tests;

/// <summary>The example SentimentService as a process: trained, started, asked, and ended by SIGTERM.</summary>
[TestClass]
public sealed class SentimentServiceTests
{
    private static readonly HttpClient Client = new();
    private static string _folder = "";
    private static Process? _service;
    private static Uri _address = null!;

    [ClassInitialize]
    public static async Task TrainAndStart(TestContext _)
    {
        _folder = Directory.CreateTempSubdirectory("pld-tests-").FullName;
        var model = Path.Combine(_folder, "SentimentModel.zip");
        using var training = Start("train", "--smoke", "--model", model);
        var output = await training.StandardOutput.ReadToEndAsync();
        await training.WaitForExitAsync();
        Assert.AreEqual(0, training.ExitCode, output);

        _service = Start("serve", "--model", model, "--urls", "http://127.0.0.1:0", "--requests-a-second", "1000");
        _address = await Listening(_service);
    }

    [ClassCleanup]
    public static void Stop()
    {
        if (_service is { HasExited: false }) _service.Kill();
        _service?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public async Task ATextHasALabelAndProbabilities()
    {
        var answer = await Ask("/predict", new { text = "The soup was hot and the waiter was friendly." });
        var scores = answer.GetProperty("scores").EnumerateObject().ToDictionary(score => score.Name, score => score.Value.GetDouble());
        CollectionAssert.AreEquivalent(new[] { "negative", "positive" }, scores.Keys);
        Assert.AreEqual(1, scores.Values.Sum(), 1e-4);
        Assert.AreEqual(scores.MaxBy(score => score.Value).Key, answer.GetProperty("label").GetString());
        Assert.AreEqual(scores.Values.Max(), answer.GetProperty("probability").GetDouble(), 1e-6);
    }

    [TestMethod]
    public async Task ManyAtOnceAreAnsweredAsOneByOneAndAsABatch()
    {
        string[] texts = [.. Enumerable.Range(0, 24).Select(i => $"Number {i} was {(i % 2 == 0 ? "a joy" : "broken")}, I say it {i} times.")];
        var atOnce = await Task.WhenAll(texts.Select(text => Ask("/predict", new { text })));
        var batch = (await Ask("/predict/batch", new { texts })).EnumerateArray().ToArray();
        for (var i = 0; i < texts.Length; i++)
        {
            var expected = Positive(await Ask("/predict", new { text = texts[i] }));
            Assert.AreEqual(expected, Positive(atOnce[i]), 1e-6, "at once");
            Assert.AreEqual(expected, Positive(batch[i]), 0.02, "as a batch: padded, and in bfloat16 on some processors");
        }
        Assert.IsGreaterThan(1, atOnce.Select(Positive).Distinct().Count(), "different texts have different answers");
    }

    [TestMethod]
    [DataRow("""{ "text": "" }""", HttpStatusCode.BadRequest, "Text 1 is empty.")]
    [DataRow("""{ "question": "?" }""", HttpStatusCode.BadRequest, "Text 1 is empty.")]
    [DataRow("not JSON", HttpStatusCode.BadRequest, "The body is not what is expected")]
    public async Task WhatCannotBeAnsweredIsRefusedWithAReason(string body, HttpStatusCode status, string reason)
    {
        using var response = await Client.PostAsync(new Uri(_address, "/predict"), new StringContent(body, null, "application/json"));
        Assert.AreEqual(status, response.StatusCode);
        StringAssert.Contains(await response.Content.ReadAsStringAsync(), reason);
    }

    [TestMethod]
    public async Task WhatIsTooLongOrTooMuchIsRefused()
    {
        using var longText = await Client.PostAsJsonAsync(new Uri(_address, "/predict"), new { text = new string('a', 2_001) });
        Assert.AreEqual(HttpStatusCode.BadRequest, longText.StatusCode);
        StringAssert.Contains(await longText.Content.ReadAsStringAsync(), "2001 characters; expected at most 2000");
        using var manyTexts = await Client.PostAsJsonAsync(new Uri(_address, "/predict/batch"), new { texts = Enumerable.Repeat("a", 65) });
        Assert.AreEqual(HttpStatusCode.BadRequest, manyTexts.StatusCode);
        using var largeBody = await Client.PostAsJsonAsync(new Uri(_address, "/predict"), new { text = new string('a', 600 << 10) });
        Assert.AreEqual(HttpStatusCode.RequestEntityTooLarge, largeBody.StatusCode);
    }

    [TestMethod]
    public async Task TooManyRequestsAreTurnedAwayWhileItStaysHealthyUntilSigtermEndsIt()
    {
        using var other = Start("serve", "--model", Path.Combine(_folder, "SentimentModel.zip"), "--urls", "http://127.0.0.1:0", "--requests-a-second", "1");
        var address = await Listening(other);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            using var response = await Client.PostAsJsonAsync(new Uri(address, "/predict"), new { text = "Well done." });
            return response.StatusCode;
        }));
        CollectionAssert.Contains(statuses, HttpStatusCode.OK);
        CollectionAssert.Contains(statuses, HttpStatusCode.TooManyRequests);
        Assert.AreEqual("Healthy", await Client.GetStringAsync(new Uri(address, "/health")));

        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Windows has no SIGTERM.");
        using (var kill = Process.Start("kill", ["-TERM", other.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        var rest = await other.StandardOutput.ReadToEndAsync();
        await other.WaitForExitAsync();
        Assert.AreEqual(0, other.ExitCode, rest);
        StringAssert.Contains(rest, "Application is shutting down");
    }

    private static double Positive(JsonElement answer) => answer.GetProperty("scores").GetProperty("positive").GetDouble();

    private static async Task<JsonElement> Ask(string path, object question)
    {
        using var response = await Client.PostAsJsonAsync(new Uri(_address, path), question);
        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<Uri> Listening(Process service)
    {
        const string listening = "Now listening on: ";
        var lines = new List<string>();
        while (await service.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (line.Contains("Application started") && lines.Find(said => said.Contains(listening)) is { } where)
                return new Uri(where[(where.IndexOf(listening, StringComparison.Ordinal) + listening.Length)..]);
        }
        throw new InvalidOperationException($"The service did not start: {string.Join('\n', lines)}");
    }

    // Built with the tests, in the same configuration, in its own folder.
    private static Process Start(params IEnumerable<string> arguments)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Repository.At("examples", "SentimentService", "bin", output.Parent!.Name, output.Name, "SentimentService.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, WorkingDirectory = _folder })!;
    }
}
