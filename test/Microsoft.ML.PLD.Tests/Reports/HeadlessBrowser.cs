using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Chromium without a window, spoken to by its DevTools protocol.</summary>
internal sealed partial class HeadlessBrowser : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5); // a machine that tests much at once is slow

    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _patience = new(Patience);
    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("pld-chromium-");
    private int _calls;

    private HeadlessBrowser(string program)
    {
        string[] arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0", $"--user-data-dir={_profile.FullName}", "about:blank"];
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
    }

    /// <summary>What the page's scripts failed with, and what it was not allowed to load.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>Ends the test without a result where there is no Chromium.</summary>
    public static async Task<HeadlessBrowser> StartAsync()
    {
        var program = new[] { "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (program is null) Assert.Inconclusive("There is no Chromium on the PATH (Debian: apt-get install chromium).");
        var browser = new HeadlessBrowser(program);
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            browser.Dispose();
            throw;
        }
    }

    /// <summary>Loads a page as on a screen of some width.</summary>
    public async Task OpenAsync(string path, int width, bool dark)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 844, ["deviceScaleFactor"] = 1, ["mobile"] = width < 500 });
        await CallAsync("Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }) });
        await CallAsync("Page.navigate", new() { ["url"] = new Uri(path).AbsoluteUri });
        while (await EvaluateAsync("document.readyState + ' ' + location.protocol") != "complete file:") await Task.Delay(50, _patience.Token);
    }

    /// <summary>What an expression is in the page, as text.</summary>
    public async Task<string> EvaluateAsync(string expression)
    {
        var answer = await CallAsync("Runtime.evaluate", new() { ["expression"] = $"String({expression})", ["returnByValue"] = true, ["awaitPromise"] = true });
        return answer["exceptionDetails"] is { } failure ? throw new InvalidOperationException(failure.ToJsonString()) : answer["result"]!["value"]!.GetValue<string>();
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _patience.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException) // children of it may still be writing their last
        {
        }
    }

    private async Task ConnectAsync()
    {
        Uri? address = null;
        while (address is null)
        {
            var line = await _process.StandardError.ReadLineAsync(_patience.Token) ?? throw new InvalidOperationException("Chromium ended before it listened.");
            if (Listening().Match(line) is { Success: true } found) address = new Uri(found.Groups[1].Value);
        }
        _ = _process.StandardError.ReadToEndAsync(); // or it would wait when the pipe is full
        using var http = new HttpClient();
        var targets = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://{address.Authority}/json/list"), _patience.Token))!.AsArray();
        await _socket.ConnectAsync(new Uri(targets.First(target => target!["type"]!.GetValue<string>() == "page")!["webSocketDebuggerUrl"]!.GetValue<string>()), _patience.Token);
        foreach (var domain in new[] { "Page", "Runtime", "Log" }) await CallAsync($"{domain}.enable", []);
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters)
    {
        var id = ++_calls;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters }), WebSocketMessageType.Text, true, _patience.Token);
        while (true)
        {
            var message = await ReceiveAsync();
            if (message["method"]?.GetValue<string>() is "Runtime.exceptionThrown" or "Log.entryAdded") Errors.Add(message["params"]!.ToJsonString());
            if (message["id"]?.GetValue<int>() == id) return message["result"] ?? throw new InvalidOperationException(message.ToJsonString());
        }
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, _patience.Token);
            bytes.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(bytes.ToArray())!;
    }

    [GeneratedRegex(@"DevTools listening on (ws://\S+)")]
    private static partial Regex Listening();
}
