namespace Microsoft.ML.PLD;

/// <summary>Of many rows the few that are worst.</summary>
/// <typeparam name="T">What is known of a row.</typeparam>
internal sealed class WorstRows<T>
{
    private readonly PriorityQueue<T, (double Badness, int Order)> _rows = new();
    private int _added;

    /// <summary>The worst first, of equal ones the first.</summary>
    public IReadOnlyList<T> Rows
    {
        get
        {
            var copy = new PriorityQueue<T, (double, int)>(_rows.UnorderedItems);
            var rows = new T[copy.Count];
            for (var place = rows.Length; place > 0;) rows[--place] = copy.Dequeue();
            return rows;
        }
    }

    public void Add(double badness, Func<T> row)
    {
        var rank = (badness, -_added++);
        if (_rows.Count < Evaluation.MostRowsShown) _rows.Enqueue(row(), rank);
        else if (_rows.TryPeek(out _, out var least) && rank.CompareTo(least) > 0) _rows.EnqueueDequeue(row(), rank);
    }
}
