using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Threads of this process as the ranks of a job: what MPI does, without it.</summary>
internal sealed class ThreadRanks
{
    private readonly Array[] _given;
    private readonly Barrier _barrier;
    private readonly string?[] _aborted;

    private ThreadRanks(int size) => (_given, _barrier, _aborted) = (new Array[size], new Barrier(size), new string?[size]);

    /// <summary>Runs the same on each rank, and returns what each returns.</summary>
    /// <exception cref="AssertFailedException">A rank has aborted the job.</exception>
    public static T[] Run<T>(int size, Func<ICollective, T> program)
    {
        var job = new ThreadRanks(size);
        var (results, failures) = (new T[size], new Exception?[size]);
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = program(new Rank(job, rank));
            }
            catch (Exception failure)
            {
                failures[rank] = failure;
                job._barrier.RemoveParticipant(); // the others are not to wait for ever
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (job._aborted.FirstOrDefault(reason => reason is not null) is { } aborted) throw new JobAbortedException(aborted);
        if (failures.FirstOrDefault(failure => failure is not null) is { } first)
        {
            Assert.IsTrue(failures.All(failure => failure?.GetType() == first.GetType()), $"One rank fails, others do not: {string.Join("; ", failures.Select(failure => failure?.Message ?? "no failure"))}");
            ExceptionDispatchInfo.Throw(first);
        }
        return results;
    }

    private sealed class Rank(ThreadRanks job, int rank) : ICollective, IDisposable
    {
        int ICollective.Rank => rank;

        public int Size => job._given.Length;

        public long Bytes { get; private set; }

        public void Sum<T>(Span<T> values) where T : unmanaged
        {
            Bytes += values.Length * Unsafe.SizeOf<T>();
            if (typeof(T) == typeof(float)) AddUp(MemoryMarshal.Cast<T, float>(values));
            else if (typeof(T) == typeof(double)) AddUp(MemoryMarshal.Cast<T, double>(values));
            else AddUp(MemoryMarshal.Cast<T, long>(values));
        }

        public void SumScatter(Span<float> values, ReadOnlySpan<int> counts)
        {
            Bytes += values.Length * sizeof(float) / 2;
            var all = values.ToArray();
            AddUp<float>(all);
            values.Fill(float.NaN); // they mean nothing now, but for this rank's
            all.AsSpan(First(values.Length, counts), counts[rank]).CopyTo(values[First(values.Length, counts)..]);
        }

        public void Gather(Span<float> values, ReadOnlySpan<int> counts)
        {
            Bytes += values.Length * sizeof(float) / 2;
            var own = First(values.Length, counts);
            var parts = new float[values.Length];
            values.Slice(own, counts[rank]).CopyTo(parts.AsSpan(own));
            AddUp<float>(parts);
            parts.CopyTo(values);
        }

        public void Broadcast(Span<byte> values)
        {
            Bytes += values.Length;
            Exchange(values.ToArray());
            ((byte[])job._given[0]).CopyTo(values);
            job._barrier.SignalAndWait();
        }

        public bool Wait(bool isWell)
        {
            long[] unwell = [isWell ? 0 : 1];
            AddUp<long>(unwell);
            return unwell[0] == 0;
        }

        public IDisposable Begin() => this;

        public void Abort(string reason)
        {
            if (job._aborted.All(other => other is null)) job._aborted[rank] = reason; // else this is for another's sake
        }

        public void Dispose()
        {
        }

        private void AddUp<T>(Span<T> values) where T : unmanaged, INumber<T>
        {
            Exchange(values.ToArray());
            values.Clear();
            foreach (T[] given in job._given) // in order: the same bits on every rank
            {
                Assert.HasCount(values.Length, given, "Ranks add up different things.");
                for (var i = 0; i < given.Length; i++) values[i] += given[i];
            }
            job._barrier.SignalAndWait();
        }

        private int First(int length, ReadOnlySpan<int> counts)
        {
            Assert.HasCount(Size, counts.ToArray());
            Assert.AreEqual(length, counts.ToArray().Sum(), "The parts are not the whole.");
            return counts[..rank].ToArray().Sum();
        }

        private void Exchange(Array own)
        {
            job._given[rank] = own;
            job._barrier.SignalAndWait();
            if (job._aborted.Any(reason => reason is not null)) throw new JobAbortedException("Another rank has ended the job."); // MPI would end this one
            Assert.IsTrue(job._given.All(given => given.GetType() == own.GetType()), "Ranks do different things.");
        }
    }
}

/// <summary>A rank has ended the job.</summary>
internal sealed class JobAbortedException(string reason) : Exception(reason);
