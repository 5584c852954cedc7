#:project ../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj
#:property TargetFramework=net10.0
#:property PublishAot=false
#:property NoWarn=CS1591

// Draws the pictures of docs/how-it-works.md from the library's own schedules.
//
//     dotnet run -c Release build/figures.cs              # writes docs/pictures/*.svg
//     dotnet run -c Release build/figures.cs -- --check   # says which are stale, and writes nothing
using System.Globalization;
using System.Text;
using Microsoft.ML.PLD;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int blocks = 12;
const long steps = 10_000;
const string blue = "#2a6fbb", orange = "#c8640a", green = "#2e8540", grey = "#666666", light = "#dfe6ee";

var folder = Path.Combine(Root(), "docs", "pictures");
(string Name, string Svg)[] pictures = [("block.svg", Block()), ("theta.svg", Theta()), ("keep.svg", Keep()), ("plans.svg", Plans())];
var stale = pictures.Where(picture => !File.Exists(Path.Combine(folder, picture.Name)) || File.ReadAllText(Path.Combine(folder, picture.Name)) != picture.Svg).Select(picture => picture.Name).ToArray();
if (args is ["--check"])
{
    Console.WriteLine(stale.Length == 0 ? $"The {pictures.Length} pictures in docs/pictures are those of this build." : $"Stale: {string.Join(", ", stale)}. Run build/figures.cs.");
    return stale.Length == 0 ? 0 : 1;
}
Directory.CreateDirectory(folder);
foreach (var (name, svg) in pictures) File.WriteAllText(Path.Combine(folder, name), svg);
Console.WriteLine($"{pictures.Length} pictures in {folder}, {stale.Length} of them new");
return 0;

// What a block computes when it is kept, and when it is skipped.
string Block()
{
    var picture = new Picture(760, 270, "A block that is kept, and one that is skipped");
    picture.Text(20, 30, "kept: G = 1", bold: true);
    picture.Arrow(20, 90, 740, 90, grey);
    foreach (var (at, name) in new[] { (110, "Attention"), (430, "Feed-forward") })
    {
        picture.Line(at - 40, 90, at - 40, 150, blue);
        picture.Arrow(at - 40, 150, at - 20, 150, blue);
        picture.Box(at - 20, 132, 80, 36, "LayerNorm", blue);
        picture.Arrow(at + 60, 150, at + 80, 150, blue);
        picture.Box(at + 80, 132, 100, 36, name, blue);
        picture.Arrow(at + 180, 150, at + 200, 150, blue);
        picture.Box(at + 200, 132, 44, 36, "1/p", orange);
        picture.Line(at + 244, 150, at + 260, 150, blue);
        picture.Arrow(at + 260, 150, at + 260, 100, blue);
        picture.Circle(at + 260, 90, 10, "+");
    }
    picture.Text(20, 80, "x");
    picture.Text(728, 80, "y");
    picture.Text(20, 215, "skipped: G = 0", bold: true);
    picture.Arrow(20, 245, 740, 245, grey);
    picture.Text(20, 238, "x");
    picture.Text(708, 238, "y = x");
    picture.Text(230, 238, "nothing is computed, neither forward nor backward");
    return picture.ToString();
}

// theta over the first fifth of a run.
string Theta()
{
    const double shown = 0.2;
    var chart = new Chart("theta(t), the keep probability of the last block", "share of the run's steps", 0, shown, 0.4, 1, x => $"{x * 100:0} %", 0.05);
    foreach (var (at, color, name, times) in new[] { (0.46, blue, "gamma = 100 / steps (the default)", 100.0), (0.62, green, "gamma = 20 / steps", 20.0), (0.93, orange, "gamma = 0.001, a run of 2,000 steps", 2.0) })
    {
        var schedule = new ProgressiveLayerDrop(thetaBar: 0.5, gammaTimesSteps: times);
        chart.Curve(Enumerable.Range(0, 201).Select(i => (i / 200.0 * shown, schedule.Theta((long)(i / 200.0 * shown * steps), steps))), color, name, at);
    }
    return chart.ToString();
}

// The keep probability over depth.
string Keep()
{
    var chart = new Chart("keep probability of each of 12 blocks", "block, 1 at the input", 1, blocks, 0.4, 1, x => $"{x:0}", 1);
    void Add(double theta, DepthRule rule, string color, string name, double label) => chart.Curve(
        new ProgressiveLayerDrop(theta, rule, gammaTimesSteps: double.PositiveInfinity).KeepProbabilities(steps - 1, steps, blocks).Select((keep, block) => (block + 1.0, keep)), color, name, label, dots: true);
    Add(1, DepthRule.Paper, grey, "first step, theta = 1", 0.965);
    Add(0.75, DepthRule.Paper, green, "on the way, theta = 0.75", 0.86);
    Add(0.5, DepthRule.Paper, blue, "in the limit, theta = 0.5", 0.66);
    return chart.ToString();
}

// The blocks that run in a sample of steps.
string Plans()
{
    const int columns = 60, every = 20, cell = 10, left = 64, top = 44;
    var schedule = new ProgressiveLayerDrop();
    var picture = new Picture(left + columns * cell + 24, top + blocks * cell + 62, "Blocks that run in every 20th of the first 1,200 of 10,000 steps");
    picture.Text(left, 26, "blocks that run (dark), every 20th of the first 1,200 of 10,000 steps", bold: true);
    var kept = 0;
    for (var column = 0; column < columns; column++)
    {
        var runs = schedule.PlanAt(column * every, steps, blocks, seed: 1).Runs.Select(run => run.Block).ToHashSet();
        kept += runs.Count;
        for (var block = 0; block < blocks; block++)
            picture.Cell(left + column * cell, top + (blocks - 1 - block) * cell, cell - 1, runs.Contains(block) ? blue : light);
        if (column % 10 == 0) picture.Text(left + column * cell, top + blocks * cell + 16, $"{column * every:N0}", size: 11);
    }
    picture.Text(12, top + 10, "block 12", size: 11);
    picture.Text(12, top + blocks * cell - 2, "block 1", size: 11);
    picture.Text(left, top + blocks * cell + 38, Invariant($"step; {(double)kept / columns:F1} of 12 blocks on average in these steps, 8.75 in the limit"), size: 12);
    return picture.ToString();
}

static string Root()
{
    var folder = new DirectoryInfo(Environment.CurrentDirectory);
    while (!File.Exists(Path.Combine(folder.FullName, "PLD.MLNet.sln"))) folder = folder.Parent ?? throw new DirectoryNotFoundException("Run this inside the repository.");
    return folder.FullName;
}

static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

/// <summary>An SVG picture on white, so that it can be read on dark pages too.</summary>
file sealed class Picture
{
    private readonly StringBuilder _svg = new();

    public Picture(int width, int height, string title)
    {
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Add($"<title>{title}</title>");
        Add($"<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"context-stroke\"/></marker></defs>");
        Add($"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>");
    }

    public void Text(double x, double y, string text, bool bold = false, int size = 13, string color = "#222222", string anchor = "start") =>
        Add($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" font-size=\"{size}\" fill=\"{color}\" text-anchor=\"{anchor}\"{(bold ? " font-weight=\"bold\"" : "")}>{text}</text>");

    public void Line(double x1, double y1, double x2, double y2, string color, double width = 1.5) =>
        Add($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{color}\" stroke-width=\"{width}\"/>");

    public void Arrow(double x1, double y1, double x2, double y2, string color) =>
        Add($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{color}\" stroke-width=\"1.5\" marker-end=\"url(#tip)\"/>");

    public void Box(double x, double y, double width, double height, string text, string color)
    {
        Add($"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\" fill=\"white\" stroke=\"{color}\" stroke-width=\"1.5\"/>");
        Text(x + width / 2, y + height / 2 + 5, text, anchor: "middle");
    }

    public void Circle(double x, double y, double radius, string text)
    {
        Add($"<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"white\" stroke=\"#666666\" stroke-width=\"1.5\"/>");
        Text(x, y + 5, text, anchor: "middle");
    }

    public void Cell(double x, double y, double size, string color) => Add($"<rect x=\"{x}\" y=\"{y}\" width=\"{size}\" height=\"{size}\" fill=\"{color}\"/>");

    public void Path(IEnumerable<(double X, double Y)> points, string color) =>
        Add($"<polyline points=\"{string.Join(' ', points.Select(point => point.X.ToString("0.#", CultureInfo.InvariantCulture) + "," + point.Y.ToString("0.#", CultureInfo.InvariantCulture)))}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>");

    public void Dot(double x, double y, string color) => Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"3\" fill=\"{color}\"/>");

    public override string ToString() => _svg + "</svg>\n";

    private void Add(FormattableString element) => _svg.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

/// <summary>Curves over two axes; each has its name beside it.</summary>
file sealed class Chart
{
    private const double Left = 56, Top = 44, Width = 600, Height = 240;
    private readonly Picture _picture;
    private readonly double _x0, _x1, _y0, _y1;

    public Chart(string title, string below, double x0, double x1, double y0, double y1, Func<double, string> name, double every)
    {
        (_x0, _x1, _y0, _y1) = (x0, x1, y0, y1);
        _picture = new(700, 340, title);
        _picture.Text(Left, 26, title, bold: true);
        for (var y = y0; y <= y1 + 1e-9; y += 0.1)
        {
            _picture.Line(Left, Y(y), Left + Width, Y(y), "#dddddd", 1);
            _picture.Text(Left - 8, Y(y) + 4, y.ToString("0.0", CultureInfo.InvariantCulture), size: 11, anchor: "end");
        }
        for (var x = x0; x <= x1 + 1e-9; x += every) _picture.Text(X(x), Top + Height + 18, name(x), size: 11, anchor: "middle");
        _picture.Text(Left + Width / 2, Top + Height + 40, below, size: 12, anchor: "middle");
    }

    public void Curve(IEnumerable<(double X, double Y)> points, string color, string name, double label, bool dots = false)
    {
        (double X, double Y)[] places = [.. points.Select(point => (X(point.X), Y(point.Y)))];
        _picture.Path(places, color);
        if (dots) foreach (var (x, y) in places) _picture.Dot(x, y, color);
        _picture.Text(Left + Width - 8, Y(label), name, size: 12, color: color, anchor: "end");
    }

    private double X(double x) => Left + (x - _x0) / (_x1 - _x0) * Width;

    private double Y(double y) => Top + (_y1 - y) / (_y1 - _y0) * Height;

    public override string ToString() => _picture.ToString();
}
