namespace Microsoft.ML.PLD;

/// <summary>The frame that charts are drawn into: an SVG with axes, in units that are pixels on a desk and still legible on a phone.</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Upwards.</param>
/// <param name="Height">Of all.</param>
internal readonly record struct Plot(Axis X, Axis Y, int Height = 230)
{
    public const int Width = 460;
    private const int Left = 50, Right = 16, Top = 10, Bottom = 40;

    private static double InnerWidth => Width - Left - Right;
    private double InnerHeight => Height - Top - Bottom;

    public double AtX(double value) => Left + X.At(value) * InnerWidth;

    public double AtY(double value) => Top + (1 - Y.At(value)) * InnerHeight;

    /// <summary>The whole picture.</summary>
    /// <param name="title">In words, for those who do not see it.</param>
    /// <param name="description">What it shows, in a sentence.</param>
    /// <param name="xLabel">Beneath the axis.</param>
    /// <param name="content">Drawn with <see cref="AtX"/> and <see cref="AtY"/>.</param>
    public HtmlText Draw(string title, string description, string xLabel, HtmlText content)
    {
        var plot = this;
        return HtmlText.Of($"""
            <svg viewBox="0 0 {Width} {Height}" role="img" data-x="{X.From:R} {X.To:R}" data-y="{Y.From:R} {Y.To:R}" data-box="{Left} {Top} {Width - Right} {Height - Bottom}"><title>{title}</title><desc>{description}</desc>
            {Y.Ticks.Select(tick => HtmlText.Of($"""<path class="grid" d="M{Left} {plot.AtY(tick):0.#}H{Width - Right}"/><text class="y" x="{Left - 8}" y="{plot.AtY(tick) + 4:0.#}">{plot.Y.Label(tick)}</text>"""))}
            {X.Ticks.Select(tick => HtmlText.Of($"""<path class="tick" d="M{plot.AtX(tick):0.#} {plot.Height - Bottom}v4"/><text class="x" x="{plot.AtX(tick):0.#}" y="{plot.Height - Bottom + 17}">{plot.X.Label(tick)}</text>"""))}
            <path class="axis" d="M{Left} {Height - Bottom}H{Width - Right}"/><text class="x name" x="{Width - Right}" y="{Height - 5}" text-anchor="end">{xLabel}</text>
            {content}
            </svg>
            """);
    }

    /// <summary>The points of a line or an area.</summary>
    public HtmlText Points(IEnumerable<(double X, double Y)> points)
    {
        var plot = this;
        return HtmlText.Of($"{points.Select(point => HtmlText.Of($"{plot.AtX(point.X):0.#},{plot.AtY(point.Y):0.#} "))}");
    }
}
