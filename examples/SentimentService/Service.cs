using System.Threading.RateLimiting;

namespace SentimentService;

/// <summary>The model behind HTTP: <c>POST /predict</c>, <c>POST /predict/batch</c>, <c>GET /health</c>.</summary>
internal static class Service
{
    public static WebApplication Create(string model, string urls, ServiceLimits limits)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(urls).ConfigureKestrel(kestrel => (kestrel.Limits.MaxRequestBodySize, kestrel.AddServerHeader) = (limits.BodyBytes, false));
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // not a line for each request
        builder.Services.AddSingleton(_ => new PredictionPool(model, retained: limits.AtOnce)); // made by the container, and so disposed of by it: after the last request
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = context => context.ProblemDetails.Detail ??= Reason(context.ProblemDetails.Status, limits));
        builder.Services.AddHealthChecks().AddCheck<ModelHealth>("model");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20)); // SIGTERM: requests that are under way are answered first
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(OfEachAddress(limits), OfAll(limits));
        });

        var app = builder.Build();
        app.Services.GetRequiredService<PredictionPool>(); // a model that cannot be loaded ends the start, not the first request
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRateLimiter();
        app.MapHealthChecks("/health").DisableRateLimiting();
        app.MapPost("/predict", (Question question, PredictionPool pool) => limits.Problem([question.Text]) is { } problem
            ? Refused(problem)
            : Results.Ok(Answer.Of(pool.Predict(question.Text!), pool.Labels)));
        app.MapPost("/predict/batch", (Questions questions, PredictionPool pool) => limits.Problem(questions.Texts) is { } problem
            ? Refused(problem)
            : Results.Ok(pool.Predict(questions.Texts!.Select(text => text!)).Select(output => Answer.Of(output, pool.Labels))));
        return app;
    }

    // For what is refused before it gets as far as the limits' own words.
    private static string? Reason(int? status, ServiceLimits limits) => status switch
    {
        StatusCodes.Status400BadRequest => """The body is not what is expected: {"text": "..."} for /predict, {"texts": ["...", "..."]} for /predict/batch.""",
        StatusCodes.Status413PayloadTooLarge => $"The body is too large; expected at most {limits.BodyBytes} bytes.",
        StatusCodes.Status415UnsupportedMediaType => "The body is of another type; expected Content-Type: application/json.",
        StatusCodes.Status429TooManyRequests => $"There are too many requests; expected at most {limits.RequestsASecond} a second of one address.",
        _ => null,
    };

    private static IResult Refused(string problem) => Results.Problem(problem, statusCode: StatusCodes.Status400BadRequest);

    private static PartitionedRateLimiter<HttpContext> OfEachAddress(ServiceLimits limits) => PartitionedRateLimiter.Create<HttpContext, string>(context =>
        RateLimitPartition.GetFixedWindowLimiter($"{context.Connection.RemoteIpAddress}", _ => new() { PermitLimit = limits.RequestsASecond, Window = TimeSpan.FromSeconds(1) }));

    private static PartitionedRateLimiter<HttpContext> OfAll(ServiceLimits limits) => PartitionedRateLimiter.Create<HttpContext, string>(_ =>
        RateLimitPartition.GetConcurrencyLimiter("all", _ => new() { PermitLimit = limits.AtOnce, QueueLimit = limits.Waiting }));

    internal sealed record Question(string? Text);

    internal sealed record Questions(IReadOnlyList<string?>? Texts);

    /// <param name="Label">The most probable label.</param>
    /// <param name="Probability">Its probability.</param>
    /// <param name="Scores">That of each label.</param>
    internal sealed record Answer(string Label, float Probability, IReadOnlyDictionary<string, float> Scores)
    {
        public static Answer Of(SentimentModel.ModelOutput output, IReadOnlyList<string> labels) =>
            new(output.PredictedLabel, output.Score.Max(), labels.Zip(output.Score).ToDictionary(pair => pair.First, pair => pair.Second));
    }
}
