namespace Glue;

/// <summary>A plot of a report.</summary>
/// <param name="File">The name of its file: .svg, or .png at twice its size.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Width">In pixels of a page.</param>
/// <param name="Image">The file's content.</param>
internal sealed record ReportPlot(string File, string Caption, int Width, byte[] Image)
{
    /// <summary>The image's type, as pages name it.</summary>
    public string MediaType => Path.GetExtension(File) == ".svg" ? "image/svg+xml" : "image/png";
}
