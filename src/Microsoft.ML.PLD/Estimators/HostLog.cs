using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Sends lines of text to <c>mlContext.Log</c> while something is going on.</summary>
internal sealed class HostLog(IHost host, string activity) : IDisposable
{
    private readonly IChannel _channel = host.Start(activity);

    public void Info(string line) => Send(ChannelMessageKind.Info, line);

    public void Warning(string line) => Send(ChannelMessageKind.Warning, line);

    // Not through ML.NET's format strings, for which a brace in the line would be a placeholder.
    private void Send(ChannelMessageKind kind, string line) => _channel.Send(new ChannelMessage(kind, MessageSensitivity.None, line));

    public void Dispose() => _channel.Dispose();
}
