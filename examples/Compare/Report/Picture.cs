namespace Compare;

/// <summary>A plot of a report.</summary>
/// <param name="Name">A name for files.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Png">The drawing, at twice its size.</param>
internal sealed record Picture(string Name, string Caption, byte[] Png);
