using System.Collections.Concurrent;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

public abstract partial class EstimatorContract<TTransformer>
{
    private const int Threads = 8;

    [TestMethod]
    public void EightThreadsGetWhatOneDoes()
    {
        OnThreads(_ =>
        {
            for (var time = 0; time < 3; time++) RowValues.AssertEqual(Shared.Values, RowValues.Of(Transformer.Transform(Data()), NumberAndAdded()), Tolerance);
        });
    }

    [TestMethod]
    public void APoolOfPredictionEnginesSharesOneTransformer()
    {
        var column = ScoreColumn();
        var expected = RowValues.Of(Transformer.Transform(Data()), nameof(ContractRow.Number), column.Name);
        var rows = ContractRow.Make(Rows).ToArray();
        var pool = new ConcurrentBag<ScoreEngine>();
        OnThreads(thread =>
        {
            for (var i = thread; i < rows.Length; i += 3) // most rows on several threads
            {
                if (!pool.TryTake(out var engine)) engine = new ScoreEngine(Transformer, column, ContractSchema, owns: false);
                RowValues.AssertEqual([expected[i]], [[rows[i].Number, engine.Predict(rows[i])]], Tolerance);
                pool.Add(engine);
            }
        });
        Assert.IsLessThanOrEqualTo(Threads, pool.Count);
        foreach (var engine in pool) engine.Dispose();
        RowValues.AssertEqual(Shared.Values, RowValues.Of(Transformer.Transform(Data()), NumberAndAdded()), Tolerance); // it is not theirs
    }

    [TestMethod]
    public void DisposingWhileItIsUsedIsAnException()
    {
        for (var round = 0; round < 4; round++)
        {
            var used = SaveAndLoad(out _);
            var (reads, ends) = (0, 0);
            using var some = new CountdownEvent(Threads);
            var disposing = Task.Run(() =>
            {
                some.Wait();
                used.Dispose();
            });
            OnThreads(_ =>
            {
                try
                {
                    Read();
                    some.Signal();
                    while (true) Read();
                }
                catch (Exception failure) when (failure is not ObjectDisposedException)
                {
                    used.Dispose(); // or the others read for ever
                    throw;
                }
                catch (ObjectDisposedException failure)
                {
                    Assert.Contains(typeof(TTransformer).Name, failure.Message);
                    Interlocked.Increment(ref ends);
                }
            });
            void Read()
            {
                RowValues.AssertEqual(Shared.Values, RowValues.Of(used.Transform(Data()), NumberAndAdded()), Tolerance);
                Interlocked.Increment(ref reads);
            }
            disposing.Wait();
            Assert.AreEqual(Threads, ends);
            Assert.IsGreaterThanOrEqualTo(Threads, reads);
        }
    }

    [TestMethod]
    public void ScoringLeavesNoTensorsBehind()
    {
        using var engine = new ScoreEngine(Transformer, ScoreColumn(), ContractSchema, owns: false);
        var row = ContractRow.Make(1).First();
        var counts = new List<long>();
        for (var time = 0; time < 300; time++)
        {
            engine.Predict(row);
            counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        Assert.HasCount(1, counts.Skip(2).Distinct(), string.Join(' ', counts));
    }

    private static void OnThreads(Action<int> work)
    {
        var failures = new ConcurrentBag<Exception>();
        var threads = Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            try
            {
                work(number);
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (!failures.IsEmpty) throw new AggregateException(failures);
    }

    /// <summary>The last column that the transformer adds: a number, or a vector of numbers.</summary>
    private DataViewSchema.Column ScoreColumn() => Transformer.GetOutputSchema(Data().Schema)[Added()[^1]];
}
