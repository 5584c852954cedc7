namespace Microsoft.ML.PLD;

/// <summary>A measurement over the steps of a run, in bounded memory: of a long run neighbouring steps share a point, which keeps their mean, their extremes and the last of them.</summary>
/// <param name="capacity">The most points.</param>
internal sealed class ThinnedCurve(int capacity = ThinnedCurve.UsualCapacity)
{
    public const int UsualCapacity = 400;

    private readonly List<ThinnedPoint> _points = [];
    private long _width = 1; // steps that share a point

    public IReadOnlyList<ThinnedPoint> Points => _points;

    /// <summary>The last measurement; null before the first.</summary>
    public double? Last => _points.Count == 0 ? null : _points[^1].Last;

    /// <summary>Takes a measurement of a later step. One that is no number leaves the curve as it is.</summary>
    public void Add(long step, double value)
    {
        if (double.IsFinite(value)) Add(new ThinnedPoint(step, value));
    }

    /// <summary>Takes a point of a curve that was kept.</summary>
    public void Add(ThinnedPoint point)
    {
        Append(point);
        while (_points.Count > capacity)
        {
            _width *= 2;
            ThinnedPoint[] finer = [.. _points];
            _points.Clear();
            foreach (var one in finer) Append(one);
        }
    }

    /// <summary>Forgets what came after a step.</summary>
    public void CutAfter(long step)
    {
        _points.RemoveAll(point => point.FirstStep > step);
        if (_points.Count > 0 && _points[^1].LastStep > step) _points[^1] = _points[^1] with { LastStep = step };
    }

    private void Append(ThinnedPoint point)
    {
        if (_points.Count > 0 && Place(_points[^1]) == Place(point)) _points[^1] = _points[^1].Then(point);
        else _points.Add(point);
    }

    // Steps count from 1.
    private long Place(ThinnedPoint point) => (point.FirstStep - 1) / _width;
}
