namespace Microsoft.ML.PLD;

/// <summary>What happens to texts that have more tokens than the model is given (<see cref="FineTuningOptions.MaxLength"/>).</summary>
public enum LongTexts
{
    /// <summary>The beginning is read. Of a pair, the longer sentence is cut first.</summary>
    Head,

    /// <summary>The end is read. Of a pair, the longer sentence is cut first.</summary>
    Tail,

    /// <summary>
    /// A quarter from the beginning and the rest from the end: what did best of these three in Sun et al., "How to Fine-Tune BERT for Text Classification?", 2019,
    /// section 5.3.1.
    /// </summary>
    HeadAndTail,

    /// <summary>
    /// All is read, in windows that overlap (<see cref="FineTuningOptions.WindowStride"/>). In training each is an example with its share of the row's weight; in
    /// scoring the mean of the network's outputs counts. Of a pair, the longer sentence slides by the shorter one, of which at most half the room is kept.
    /// Costs as much more as there are windows.
    /// </summary>
    SlidingWindows,
}
