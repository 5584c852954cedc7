namespace Microsoft.ML.PLD;

/// <summary>How one kind of model is marked in model.zip. The signatures are part of the format: never change them.</summary>
internal sealed record ModelFormat
{
    private const int LongestLoaderSignature = 24, LengthOfModelSignature = 8;

    /// <param name="loaderSignature">Names the loader; at most 24 characters.</param>
    /// <param name="modelSignature">Names the format; 8 characters.</param>
    public ModelFormat(string loaderSignature, string modelSignature)
    {
        if (loaderSignature.Length is 0 or > LongestLoaderSignature)
            throw new ArgumentException($"'{loaderSignature}' has not 1 to {LongestLoaderSignature} characters.", nameof(loaderSignature));
        if (modelSignature.Length != LengthOfModelSignature)
            throw new ArgumentException($"'{modelSignature}' has not {LengthOfModelSignature} characters.", nameof(modelSignature));
        (LoaderSignature, ModelSignature) = (loaderSignature, modelSignature);
    }

    public string LoaderSignature { get; }

    public string ModelSignature { get; }

    /// <summary>Major and minor version of what is written, 16 bits each.</summary>
    public uint Version { get; init; } = 0x00010001;

    /// <summary>The oldest version that is still read.</summary>
    public uint OldestReadable { get; init; } = 0x00010001;
}
