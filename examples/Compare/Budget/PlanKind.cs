namespace Compare;

/// <summary>How a block runs: an equal share of its floating-point operations takes different time.</summary>
internal enum PlanKind
{
    /// <summary>Forward and back, all of its input.</summary>
    Whole,

    /// <summary>The way back passes it by.</summary>
    ForwardOnly,

    /// <summary>Neither it nor anything below it is trained.</summary>
    Frozen,

    /// <summary>Some of the sequences.</summary>
    Sequences,

    /// <summary>Some tokens of each sequence.</summary>
    Tokens,
}
