using System.Globalization;

namespace Microsoft.ML.PLD.Tests;

/// <summary>The page as a browser sees it.</summary>
[TestClass]
public sealed class ReportBrowserTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Delete() => _folder.Dispose();

    [TestMethod]
    public async Task ThePageFitsAPhoneAndItsScriptsWork()
    {
        var page = _folder["report.html"];
        using (var report = new TrainingReport(page, ReportPages.Hostile))
        {
            foreach (var progress in ReportPages.Pretraining(500)) report.Report(progress with { Notices = progress.Step == 3 ? [ReportPages.Hostile + new string('x', 300)] : [] });
            report.Add(ReportPages.Classes(77, 1_500, "a_class_with_a_long_name_and_" + ReportPages.Hostile, ReportPages.Hostile));
            report.Add(ReportPages.Classes(6, 300));
            report.Add(ReportPages.Numbers(200));
        }
        using var browser = await HeadlessBrowser.StartAsync();
        foreach (var (width, dark) in new[] { (390, true), (390, false), (1_200, false) })
        {
            await browser.OpenAsync(page, width, dark);
            // With everything open that can be.
            await browser.EvaluateAsync("document.querySelectorAll('details').forEach(details => { details.open = true; })");
            Assert.IsLessThanOrEqualTo(width, int.Parse(await browser.EvaluateAsync("document.documentElement.scrollWidth"), CultureInfo.InvariantCulture), $"at {width} pixels");
            Assert.AreEqual(dark ? "rgb(16, 21, 27)" : "rgb(245, 246, 248)", await browser.EvaluateAsync("getComputedStyle(document.body).backgroundColor"));

            // A pointer in the middle of the loss reads the curve there: about 7, where it goes from 9 to 5.
            var loss = await browser.EvaluateAsync("""
                (() => {
                    const svg = document.querySelector("svg"), box = svg.getBoundingClientRect(), key = svg.closest("figure").querySelector(".key b"), before = key.textContent;
                    svg.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width * 0.54, clientY: box.top + 50 }));
                    const read = key.textContent;
                    svg.dispatchEvent(new PointerEvent("pointerleave"));
                    return key.textContent === before ? read : "not put back";
                })()
                """);
            Assert.AreEqual(7, double.Parse(loss, CultureInfo.InvariantCulture), 0.2);
        }
        Assert.IsEmpty(browser.Errors, string.Join('\n', browser.Errors));
    }
}
