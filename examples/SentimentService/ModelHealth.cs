using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SentimentService;

/// <summary>Whether the model answers; no longer, from the moment the service is asked to end, so that no new clients are sent to it.</summary>
internal sealed class ModelHealth(PredictionPool pool, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return Task.FromResult(HealthCheckResult.Unhealthy("The service is ending."));
        var sum = pool.Predict("How are you?").Score.Sum();
        return Task.FromResult(Math.Abs(sum - 1) < 1e-3 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"The probabilities of a text add up to {sum}."));
    }
}
