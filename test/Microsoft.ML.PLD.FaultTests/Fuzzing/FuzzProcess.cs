using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Fuzzes one target in a process of its own, which may die of it: the number of the file it is at is in a file that outlives it.</summary>
internal static class FuzzProcess
{
    /// <summary>Begins the lines of what it says.</summary>
    public const string Finding = "finding ", Done = "done ";

    private const int WarmUp = 300, BetweenLooksAtMemory = 16, NativeSlack = 16 << 20; // the runtime's own
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(2);

    /// <param name="arguments">Target, seed, first number, end, stride, the file for the number.</param>
    public static int Run(string[] arguments)
    {
        var target = FuzzTargets.Make(arguments[0]);
        var seed = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var (first, end, stride) = (Number(arguments[2]), Number(arguments[3]), Number(arguments[4]));
        using var file = MemoryMappedFile.CreateFromFile(arguments[5], FileMode.OpenOrCreate, null, sizeof(long));
        using var at = file.CreateViewAccessor();
        at.Write(0, -1L);

        for (var number = 0; number < WarmUp; number++) _ = Try(target, target.Input(seed + 1, number)); // what is compiled and set up once is not the file's
        var (accepted, refused, longest, worst) = (0L, 0L, TimeSpan.Zero, 0.0);
        var (peak, sizes) = (VirtualPeak(), 0L);
        var look = 0;
        for (var number = first; number < end; number += stride)
        {
            var input = target.Input(seed, number);
            var length = input.Sum(part => (long)part.Length);
            at.Write(0, number);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.GetTimestamp();
            var failure = Try(target, input);
            var taken = Stopwatch.GetElapsedTime(clock);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            if (failure is null) accepted++;
            else if (failure is InvalidDataException) refused++;
            else Say(number, $"{failure.GetType().Name}: {failure.Message} {failure.StackTrace}");
            // Twice: the machine may have been busy.
            if (taken > TooLong && Time(target, input) > TooLong) Say(number, $"took {taken.TotalSeconds:F1} s");
            if (taken > longest) longest = taken;
            worst = Math.Max(worst, (allocated - FuzzTarget.Allowance) / (double)Math.Max(1, length));
            if (allocated > target.Factor * length + FuzzTarget.Allowance) Say(number, $"took {allocated:N0} bytes for a file of {length:N0}");

            // Of native memory only the most there was is known: a large block shows once, whoever frees it.
            sizes = Math.Max(sizes, length);
            if (++look % BetweenLooksAtMemory != 0) continue;
            var now = VirtualPeak();
            if (now - peak > 4 * sizes + NativeSlack) Say(number, $"or one of the {BetweenLooksAtMemory - 1} before took {now - peak:N0} bytes of native memory; the longest of these files has {sizes:N0}");
            (peak, sizes) = (now, 0);
        }
        at.Write(0, end);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Done}{accepted} {refused} {longest.TotalMilliseconds:F0} {worst:F1}"));
        return 0;
    }

    private static Exception? Try(FuzzTarget target, byte[][] input)
    {
        try
        {
            target.Parse(input);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private static TimeSpan Time(FuzzTarget target, byte[][] input)
    {
        var clock = Stopwatch.GetTimestamp();
        _ = Try(target, input);
        return Stopwatch.GetElapsedTime(clock);
    }

    private static void Say(long number, string what) => Console.WriteLine($"{Finding}{number} {what.ReplaceLineEndings(" ")}");

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    // The most address space there was, in bytes; 0 where the system does not tell.
    private static long VirtualPeak()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        const string field = "VmPeak:";
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return 1024 * Number(line.AsSpan(field.Length).Trim().ToString().Split(' ')[0]);
    }
}
