using Microsoft.ML.PLD;

namespace Glue;

/// <summary>Plain lines, as for the log of a build server.</summary>
/// <param name="write">Takes a line.</param>
/// <param name="runs">How many runs there will be.</param>
internal sealed class PlainBoard(Action<string> write, int runs) : IBoard
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private int _number;

    public RunWatch Begin(Arm arm, RunKey key) => new Watch(this, $"[{++_number}/{runs}] {BoardText.Name(arm.Name, key)}");

    public void Skip(Arm arm, RunResult result) => write($"[{++_number}/{runs}] {BoardText.Name(arm.Name, result.Key)}: {BoardText.Outcome(result)} (from before{(result.Failure is null ? "" : "; --retry tries again")})");

    public void Say(string text) => write(text);

    private sealed class Watch(PlainBoard board, string name) : RunWatch
    {
        private DateTime _next = DateTime.UtcNow + Interval;

        public override void End(RunResult result) => board.Say($"{name}: {BoardText.Outcome(result)} in {BoardText.Time(TimeSpan.FromSeconds(result.Seconds))}");

        protected override void Show(TrainingProgress value)
        {
            foreach (var notice in value.Notices.Where(BoardText.IsNews)) board.Say($"{name}: {notice}");
            if (DateTime.UtcNow < _next) return;
            _next = DateTime.UtcNow + Interval;
            board.Say($"{name}: {BoardText.State(value)}");
        }
    }
}
