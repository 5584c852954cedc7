namespace Microsoft.ML.PLD.Tests;

/// <summary>What an <see cref="MLContext"/> logs, from now on: each line as "Kind: text".</summary>
internal sealed class LogLines
{
    private readonly List<string> _lines = [];

    public LogLines(MLContext mlContext) => mlContext.Log += (_, logged) => _lines.Add($"{logged.Kind}: {logged.RawMessage}");

    public string[] Of(string kind) => [.. _lines.Where(line => line.StartsWith($"{kind}: ", StringComparison.Ordinal))];
}
