namespace Compare;

/// <summary>What all arms get the same of.</summary>
internal enum BudgetUnit
{
    /// <summary>Optimizer steps.</summary>
    Steps,

    /// <summary>Sequences, those that are read again included.</summary>
    Samples,

    /// <summary>Floating-point operations of the encoder's blocks.</summary>
    BlockFlops,

    /// <summary>Reference system time: see <see cref="ReferenceTimes"/>.</summary>
    Time,
}
