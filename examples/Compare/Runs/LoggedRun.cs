namespace Compare;

/// <summary>A run of an archive.</summary>
/// <param name="Arm">Its arm's name.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Steps">Its steps, which followed from the budget.</param>
/// <param name="Id">Its folder.</param>
internal sealed record LoggedRun(string Arm, ulong Seed, long Steps, string Id);
