namespace Glue;

/// <summary>A checkpoint that an earlier session left and this one cannot go on from: another build of the library has other options, say, or the disk has damaged it.</summary>
internal static class StaleCheckpoint
{
    // How the library's refusals begin: of other options, another vocabulary, another stage, or more steps.
    private const string Refusal = "The checkpoint '";

    /// <summary>Fits; if the run's own checkpoint is refused, once more without it.</summary>
    /// <param name="fit">Goes on from what is in the folder.</param>
    /// <param name="folder">The run's own folder: nothing else is lost with it.</param>
    /// <param name="say">Told of it.</param>
    public static T FitAnew<T>(Func<T> fit, string folder, Action<string> say)
    {
        try
        {
            return fit();
        }
        catch (Exception refused) when (Directory.Exists(folder)
            && (refused is InvalidOperationException && refused.Message.StartsWith(Refusal, StringComparison.Ordinal) || refused is InvalidDataException && refused.Message.Contains(folder, StringComparison.Ordinal)))
        {
            say($"{refused.Message} It is deleted, and the run begins anew.");
            WorkFolder.Delete(folder);
        }
        return fit();
    }
}
