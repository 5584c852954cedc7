using System.Globalization;
using System.Xml.Linq;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TrainingReportTests
{
    private readonly ManualClock _clock = new();
    private readonly TemporaryFolder _folder = new();

    private string Page => _folder["report.html"];

    [TestCleanup]
    public void Delete() => _folder.Dispose();

    [TestMethod]
    public void APageIsWellFormedAndAsksNobodyForAnything()
    {
        using (var report = Begin())
        {
            foreach (var progress in ReportPages.Pretraining(300)) report.Report(progress);
            foreach (var progress in ReportPages.Pretraining(60)) report.Report(progress with { Stage = "Fine-tuning", Theta = 1, KeepProbabilities = [], BlocksRun = 12 });
            report.Add(ReportPages.Classes(77, 2_000));
            report.Add(ReportPages.Classes(3, 100));
            report.Add(ReportPages.Numbers(3_000));
        }
        var page = ReportPages.Parse(Page);
        Assert.IsLessThan(1_000_000, new FileInfo(Page).Length);
        string[] loading = ["src", "srcset", "data", "poster", "action", "background", "cite", "formaction", "manifest"];
        foreach (var attribute in page.Descendants().Attributes())
        {
            Assert.DoesNotContain(attribute.Name.LocalName, loading, $"{attribute.Parent!.Name.LocalName} has {attribute}");
            if (attribute.Name.LocalName == "href") Assert.StartsWith("#", attribute.Value);
            if (attribute.IsNamespaceDeclaration) continue;
            Assert.DoesNotContain("://", attribute.Value);
        }
        foreach (var style in page.Descendants(ReportPages.Html + "style")) Assert.IsFalse(style.Value.Contains("url(", StringComparison.Ordinal) || style.Value.Contains("@import", StringComparison.Ordinal));
        Assert.StartsWith("default-src 'none'", page.Descendants(ReportPages.Html + "meta").Single(meta => (string?)meta.Attribute("http-equiv") == "Content-Security-Policy").Attribute("content")!.Value);

        // Said in words, too, and all links lead somewhere.
        var pictures = page.Descendants(ReportPages.Html + "svg").ToArray();
        Assert.IsGreaterThanOrEqualTo(12, pictures.Length);
        foreach (var picture in pictures)
            Assert.IsTrue(picture.Element(ReportPages.Html + "title")?.Value.Length > 0 && picture.Element(ReportPages.Html + "desc")?.Value.Length > 0, picture.ToString()[..200]);
        foreach (var table in page.Descendants(ReportPages.Html + "table")) Assert.IsTrue(table.Descendants(ReportPages.Html + "th").All(head => head.Attribute("scope") is not null));
        var ids = page.Descendants().Attributes("id").Select(id => id.Value).ToArray();
        CollectionAssert.AllItemsAreUnique(ids);
        foreach (var link in page.Descendants(ReportPages.Html + "a")) Assert.Contains(link.Attribute("href")!.Value[1..], ids);
    }

    [TestMethod]
    public void NumbersAreWrittenAlikeWhereverTheTrainingRuns()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            using var report = Begin();
            foreach (var progress in ReportPages.Pretraining(1_200).Take(1_100)) report.Report(progress);
            report.Add(ReportPages.Classes(3, 2_000));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
        var page = File.ReadAllText(Page);
        Assert.Contains("1,100 of 1,200 steps", page);
        Assert.Contains("over 2,000 rows in", page);
    }

    [TestMethod]
    public void TheTextsOfStrangersStayTexts()
    {
        using (var report = new TrainingReport(Page, ReportPages.Hostile, _clock))
        {
            var run = new TrainingRun { Options = new Dictionary<string, string> { [ReportPages.Hostile] = ReportPages.Hostile }, Environment = new Dictionary<string, string> { [ReportPages.Hostile] = ReportPages.Hostile } };
            foreach (var progress in ReportPages.Pretraining(3, run: run)) report.Report(progress with { Stage = ReportPages.Hostile, Notices = [ReportPages.Hostile] });
            report.Add(ReportPages.Classes(3, 50, ReportPages.Hostile, ReportPages.Hostile));
            report.Add(ReportPages.Classes(40, 500, ReportPages.Hostile, ReportPages.Hostile));
            report.Add(ReportPages.Numbers(50, ReportPages.Hostile));
            Assert.IsNull(report.Failure);
        }
        var page = ReportPages.Parse(Page);
        Assert.HasCount(2, page.Descendants(ReportPages.Html + "script"), "the data, and the one that is its own");
        Assert.IsEmpty(page.Descendants(ReportPages.Html + "img"));
        Assert.IsFalse(page.Descendants().Attributes().Any(attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal)));
        Assert.IsTrue(page.Descendants(ReportPages.Html + "td").Any(cell => cell.Value.Contains("<img src=x onerror=alert(2)>", StringComparison.Ordinal)));
        Assert.HasCount(3, ReportData.ReadFrom(Page).Stages[0].Of(Measure.Loss));
        // An HTML parser ends a script at the first of these, whatever XML says.
        Assert.HasCount(3, File.ReadAllText(Page).Split("</script>"));
    }

    [TestMethod]
    public void TheConfusionMatrixHasEachRowOnce()
    {
        using (var report = Begin()) report.Add(ReportPages.Classes(4, 321));
        var matrix = ReportPages.Parse(Page).Descendants(ReportPages.Html + "table").Single(table => (string?)table.Attribute("class") == "matrix");
        Assert.AreEqual(321, Numbers("heat").Sum());
        Assert.AreEqual(321, Numbers("sum").Sum());

        IEnumerable<int> Numbers(string kind) => matrix.Descendants(ReportPages.Html + "td").Where(cell => cell.Attribute("class")!.Value.Split(' ').Contains(kind)).Select(cell => int.Parse(cell.Value));
    }

    [TestMethod]
    public void ALongRunHasASmallPageThatStillShowsTheLeap()
    {
        using (var report = Begin())
            foreach (var progress in ReportPages.Pretraining(30_000)) report.Report(progress.Step == 12_345 ? progress with { Loss = 55 } : progress);
        Assert.IsLessThan(400_000, new FileInfo(Page).Length);
        var loss = ReportData.ReadFrom(Page).Stages[0].Of(Measure.Loss);
        Assert.AreEqual((55.0, 30_000), (loss.Max(point => point.Highest), loss[^1].LastStep));
    }

    [TestMethod]
    public void ThePageIsWrittenWhileTheTrainingRunsAndIsAlwaysWhole()
    {
        using var report = Begin();
        using var done = new CancellationTokenSource();
        using var seen = new ManualResetEventSlim();
        var reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                if (!File.Exists(Page)) continue;
                Assert.EndsWith("</html>\n", File.ReadAllText(Page)); // whoever is killed at such a moment leaves such a page
                seen.Set();
            }
        });
        foreach (var progress in ReportPages.Pretraining(40).Take(30))
        {
            report.Report(progress);
            _clock.Advance(TimeSpan.FromSeconds(10));
            if (!seen.IsSet) WaitHandle.WaitAny([seen.WaitHandle, ((IAsyncResult)reader).AsyncWaitHandle], TimeSpan.FromSeconds(30)); // a busy machine begins with the reader late
        }
        done.Cancel();
        reader.GetAwaiter().GetResult();
        Assert.IsTrue(seen.IsSet);

        var page = ReportPages.Parse(Page);
        Assert.Contains("running Pre-training, step 30 of 40", page.Descendants(ReportPages.Html + "p").First().Value);
        Assert.IsTrue(page.Descendants(ReportPages.Html + "meta").Any(meta => (string?)meta.Attribute("http-equiv") == "refresh"));
        report.Dispose();
        Assert.IsFalse(ReportPages.Parse(Page).Descendants(ReportPages.Html + "meta").Any(meta => (string?)meta.Attribute("http-equiv") == "refresh"));
    }

    [TestMethod]
    public void BetweenTwoWritesThePageStaysAsItIs()
    {
        using var report = Begin();
        var steps = ReportPages.Pretraining(100).ToArray();
        report.Report(steps[0]);
        var first = File.ReadAllText(Page);
        _clock.Advance(TimeSpan.FromSeconds(9));
        report.Report(steps[1]);
        Assert.AreEqual(first, File.ReadAllText(Page));
        _clock.Advance(TimeSpan.FromSeconds(1));
        report.Report(steps[2]);
        Assert.HasCount(3, ReportPages.Steps(Page, Measure.Loss));
    }

    // Pages that were written before are read.
    [TestMethod]
    public void TheNumberOfParametersHasTheNameOfBefore()
    {
        using (var report = Begin()) report.Report(ReportPages.Pretraining(1).Single());
        Assert.Contains("\"weights\":3045155", File.ReadAllText(Page));
        Assert.AreEqual(3_045_155, ReportData.ReadFrom(Page).Stages.Single().Run.ParameterCount);
    }

    [TestMethod]
    public void AResumedRunHasBothParts()
    {
        using (var report = Begin())
        {
            foreach (var progress in ReportPages.Pretraining(120).Take(70)) report.Report(progress with { Notices = progress.Step == 65 ? ["lost"] : progress.Step == 5 ? ["kept"] : [] });
            report.Dispose(); // what a kill leaves is the page of the last write
        }
        using (var report = Begin()) // another process, from the checkpoint of step 60
        {
            report.Notify("Pre-training", "It takes memory.");
            foreach (var progress in ReportPages.Pretraining(120, from: 61)) report.Report(progress);
        }
        CollectionAssert.AreEqual(Enumerable.Range(1, 120).Select(step => (long)step).ToArray(), ReportPages.Steps(Page, Measure.Loss));
        var stage = ReportData.ReadFrom(Page).Stages.Single();
        CollectionAssert.AreEqual(new long[] { 61 }, stage.Resumed);
        CollectionAssert.AreEqual(new[] { "kept", "It takes memory." }, stage.Notices.Select(notice => notice.Text).ToArray());
        Assert.Contains("resumed once", File.ReadAllText(Page));
    }

    [TestMethod]
    public void ARunThatIsDoneAlreadyKeepsItsCurvesAndThoseOfTheStageAfterIt()
    {
        var tuning = ReportPages.Pretraining(40).Select(progress => progress with { Stage = "Fine-tuning" }).ToArray();
        using (var report = Begin())
        {
            foreach (var progress in ReportPages.Pretraining(50)) report.Report(progress);
            foreach (var progress in tuning.Take(20)) report.Report(progress);
        }
        using (var report = Begin())
        {
            report.Report(ReportPages.Pretraining(50).Last() with { ValidationLoss = null, GradientNorm = 0, BlocksRun = 12 });
            Assert.HasCount(2, ReportData.ReadFrom(Page).Stages, "killed here, the second stage would still be there");
            foreach (var progress in tuning.Skip(20)) report.Report(progress);
        }
        Assert.HasCount(50, ReportPages.Steps(Page, Measure.Loss));
        Assert.IsNotEmpty(ReportPages.Steps(Page, Measure.ValidationLoss));
        Assert.HasCount(40, ReportPages.Steps(Page, Measure.Loss, stage: 1));
    }

    [TestMethod]
    public void ARunThatBeginsAnewOrIsAnotherHasNothingOfTheOneBefore()
    {
        using (var report = Begin())
            foreach (var progress in ReportPages.Pretraining(20)) report.Report(progress);
        using (var report = Begin())
            foreach (var progress in ReportPages.Pretraining(10)) report.Report(progress);
        Assert.HasCount(10, ReportPages.Steps(Page, Measure.Loss));

        var other = new TrainingRun { Options = new Dictionary<string, string> { ["Seed"] = "2", ["Data"] = "d" } };
        using (var report = Begin())
            foreach (var progress in ReportPages.Pretraining(12, from: 6, run: other)) report.Report(progress);
        CollectionAssert.AreEqual(new long[] { 6, 7, 8, 9, 10, 11, 12 }, ReportPages.Steps(Page, Measure.Loss));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("<html>mine</html>")]
    [DataRow("<script type=\"application/json\" id=\"data\">{\"stages\":[{\"name\":\"Pre-training\",\"number\":1,\"curves\":{\"loss\":[[5,1],[2,1]]}}]}</script>")]
    [DataRow("<script type=\"application/json\" id=\"data\">{\"stages\":null}</script>")]
    [DataRow("<script type=\"application/json\" id=\"data\">{\"stages\":[null]}</script>")]
    [DataRow("<script type=\"application/json\" id=\"data\">{\"stages\":[{\"name\":\"Pre-training\",\"number\":1,\"run\":{\"options\":{\"Seed\":\"1\",\"Data\":\"d\"}},\"seconds\":1e300}]}</script>")]
    [DataRow("<script type=\"application/json\" id=\"data\">{\"stages\":[{\"name\":\"Pre-training\",\"number\":1,\"run\":{\"options\":{\"Seed\":\"1\",\"Data\":\"d\"}},\"curves\":{\"loss\":null}}]}</script>")]
    [DataRow("<script type=\"application/json\" id=\"data\">{")]
    public void APageOfAStrangerIsNoObstacle(string text)
    {
        File.WriteAllText(Page, text);
        using (var report = Begin())
        {
            foreach (var progress in ReportPages.Pretraining(9, from: 6)) report.Report(progress);
            Assert.IsNull(report.Failure);
        }
        Assert.HasCount(4, ReportPages.Steps(Page, Measure.Loss));
    }

    [TestMethod]
    public void EachRepetitionIsAStageOfItsOwn()
    {
        using (var report = Begin())
            for (var fold = 0; fold < 3; fold++)
                foreach (var progress in ReportPages.Pretraining(4, run: new())) report.Report(progress with { Stage = "Fine-tuning" });
        CollectionAssert.AreEqual(new[] { "Fine-tuning", "Fine-tuning 2", "Fine-tuning 3" }, ReportData.ReadFrom(Page).Stages.Select(stage => stage.Title).ToArray());
    }

    [TestMethod]
    public void AWriteThatFailsLeavesThePageAndTheTraining()
    {
        using var disk = SmallDisk.Mount(_folder["disk"], kilobytes: 200);
        var path = Path.Combine(disk.Path, "report.html");
        using var report = new TrainingReport(path, "Small", _clock);
        var steps = ReportPages.Pretraining(100).ToArray();
        report.Report(steps[0]);
        var before = File.ReadAllText(path);
        File.WriteAllBytes(Path.Combine(disk.Path, "filler"), new byte[(200 << 10) - (int)new FileInfo(path).Length - (16 << 10)]);
        _clock.Advance(TimeSpan.FromMinutes(1));
        foreach (var step in steps[1..]) report.Report(step);
        Assert.IsInstanceOfType<IOException>(report.Failure);
        Assert.AreEqual(before, File.ReadAllText(path));
        Assert.HasCount(2, Directory.GetFiles(disk.Path));
        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => report.Add(ReportPages.Numbers(3))).Message, path);
    }

    [TestMethod]
    public void APathThatCannotBeIsRefusedAtOnce()
    {
        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => new TrainingReport(_folder["."])).Message, "which is a folder");
        File.WriteAllText(_folder["file"], "");
        Assert.Throws<IOException>(() => new TrainingReport(_folder["file/report.html"]));
        Assert.ThrowsExactly<ArgumentException>(() => new TrainingReport(" "));
    }

    [TestMethod]
    public void AReportOfNothingLeavesThePageOfBefore()
    {
        File.WriteAllText(Page, "before");
        Begin().Dispose();
        Assert.AreEqual("before", File.ReadAllText(Page));
    }

    private TrainingReport Begin() => new(Page, "A training", _clock);
}
