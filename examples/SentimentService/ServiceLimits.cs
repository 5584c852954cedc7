namespace SentimentService;

/// <summary>What the service takes. A text is cut by the model after 64 tokens anyway; the limits keep a client from making others wait.</summary>
internal sealed record ServiceLimits
{
    /// <summary>The most characters of a text. Default: 2,000.</summary>
    public int Characters { get; init; } = 2_000;

    /// <summary>The most texts of a batch. Default: 64.</summary>
    public int Texts { get; init; } = 64;

    /// <summary>The most bytes of a request's body: a full batch in UTF-8 and JSON. Default: 512 KB.</summary>
    public long BodyBytes { get; init; } = 512 << 10;

    /// <summary>The most requests of one address a second. Default: 100.</summary>
    public int RequestsASecond { get; init; } = 100;

    /// <summary>How many predictions are made at once; others wait. Default: as many as there are processors.</summary>
    public int AtOnce { get; init; } = Environment.ProcessorCount;

    /// <summary>How many requests may wait; more are turned away. Default: 200.</summary>
    public int Waiting { get; init; } = 200;

    /// <summary>What is wrong with texts, or null.</summary>
    public string? Problem(IReadOnlyList<string?>? texts)
    {
        if (texts is null || texts.Count == 0) return "There is no text; expected at least one.";
        if (texts.Count > Texts) return $"There are {texts.Count} texts; expected at most {Texts}.";
        for (var i = 0; i < texts.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(texts[i])) return $"Text {i + 1} is empty.";
            if (texts[i]!.Length > Characters) return $"Text {i + 1} has {texts[i]!.Length} characters; expected at most {Characters}.";
        }
        return null;
    }
}
