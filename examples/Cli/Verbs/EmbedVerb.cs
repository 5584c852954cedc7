using System.CommandLine;
using Conversion;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>An encoder and texts in, vectors out.</summary>
internal sealed class EmbedVerb : Verb
{
    private const int AtOnce = 1_024;

    private readonly ModelSettings _model = new();
    private readonly Setting<string?> _data = Settings.Path("--data", "Needed. A .txt with a text a line, or a table of rows, .csv or .tsv.");
    private readonly DataSettings _columns = new();
    private readonly Setting<string?> _output = Settings.Path("--output", $"Needed. Where the vectors go: {VectorFile.Kinds}.");
    private readonly Setting<string> _pooling = Settings.Choice("--pooling", "How one vector is made of a text's tokens. auto: as the folder says (Sentence-transformers), else the mean.", "auto", ["auto", .. Enum.GetNames<Pooling>()]);
    private readonly Setting<bool> _normalize = Settings.Flag("--normalize", "Vectors get length 1: their dot products are cosines.");

    public EmbedVerb() : base("embed", """
        Makes a vector of each text by an encoder, in the order of the rows: for search, clusters, or as features of other learners.

        Examples:
          pld embed --model my-bert/model --data texts.txt --output vectors.npy             numpy.load
          pld embed --model examples/models/pld-bert-mini --data tickets.csv --text text --output vectors.jsonl --normalize
        """) => Takes([_model.Model, _data, _columns.Text, _columns.NoHeader, _output, _pooling, _normalize, _model.MaxLength, _model.Device]);

    protected override int Run(ParseResult parsed, CancellationToken stop)
    {
        var (path, file) = (Needed(parsed, _model.Model), Needed(parsed, _output));
        OutputFile.Check(_output.Name, file, (_data.Name, Needed(parsed, _data)), (_model.Model.Name, path));
        var write = VectorFile.WriterOf(_output.Name, file);
        var table = Table.Open(_data.Name, Needed(parsed, _data), _columns.HasHeader(parsed));
        var column = table.ColumnOf(_columns.Text.Name, parsed.GetValue(_columns.Text)!);
        using var model = _model.LoadEncoder(path, parsed, Enum.TryParse<Pooling>(parsed.GetValue(_pooling), out var pooling) ? pooling : null);
        var (rows, length) = (0, 0);
        OutputFile.Write(_output.Name, file, (Stream stream) => write(stream, Vectors()));
        Console.WriteLine($"{rows:N0} vectors of {length} numbers: {file}");
        return 0;

        IEnumerable<(string, float[])> Vectors()
        {
            foreach (var texts in table.Rows().Select(row => row.Fields[column]).Chunk(AtOnce))
                foreach (var (text, vector) in texts.Zip(model.Score(texts.Select(text => new TextRow { First = text }))))
                {
                    stop.ThrowIfCancellationRequested();
                    (rows, length) = (rows + 1, vector.Length);
                    yield return (text, parsed.GetValue(_normalize) ? Normalized(vector) : vector);
                }
        }
    }

    private static float[] Normalized(float[] vector)
    {
        var norm = MathF.Sqrt(vector.Sum(value => value * value));
        return norm == 0 ? vector : Array.ConvertAll(vector, value => value / norm);
    }
}
