using Microsoft.ML.PLD;

namespace Microsoft.ML;

/// <summary>Puts pre-training and fine-tuning next to ML.NET's own transforms and trainers.</summary>
public static class PldBertCatalog
{
    /// <summary>Pre-trains an encoder on a text column and adds a column with a vector for each text, with default options.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">The column to add: a vector of 256 <see cref="float"/> values (<see cref="BertConfig.HiddenSize"/> of <see cref="BertConfig.Mini"/>).</param>
    /// <param name="inputColumnName">The text column.</param>
    /// <param name="steps">
    /// The number of optimizer steps, each of 32 sequences of 128 tokens. Default: 10,000, which are 41 million tokens through 12 blocks of hidden size 256 (<see cref="BertConfig.Mini"/>):
    /// about 1 to 7 hours on two processor cores, by what they can (docs/choosing-options.md). Begin with some hundred.
    /// </param>
    /// <exception cref="ArgumentException">The name of a column is empty, or <paramref name="steps"/> is less than 1.</exception>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="pipeline" language="csharp"/></example>
    public static PldBertEstimator PldBert(this TransformsCatalog catalog, string outputColumnName = "Features", string inputColumnName = "Text", long steps = 10_000) =>
        catalog.PldBert(outputColumnName, inputColumnName, new PldBertEstimator.Options { Pretraining = new() { Steps = steps } });

    /// <summary>Pre-trains an encoder on a text column and adds a column with a vector for each text.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">The column to add: a known-sized vector of <see cref="float"/>.</param>
    /// <param name="inputColumnName">The text column.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentException">The name of a column is empty, or options are out of range; the message lists all of them.</exception>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="pipeline" language="csharp"/></example>
    public static PldBertEstimator PldBert(this TransformsCatalog catalog, string outputColumnName, string inputColumnName, PldBertEstimator.Options options)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(options);
        return new PldBertEstimator(MLNetAccess.EnvironmentOf(catalog), outputColumnName, inputColumnName, options);
    }

    /// <summary>Fine-tunes an encoder to classify texts or pairs of sentences, with default options.</summary>
    /// <param name="trainers">The multiclass trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">The column with the class to be predicted: a key, as <c>MapValueToKey</c> makes it.</param>
    /// <param name="sentence1ColumnName">The text column, or the first sentence of a pair.</param>
    /// <param name="sentence2ColumnName">The second sentence of a pair; null for single texts.</param>
    /// <param name="pretrained">The encoder to start from; null trains from scratch, and says so in the log.</param>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="pipeline" language="csharp"/></example>
    public static PldBertMulticlassTrainer PldBert(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers,
        string labelColumnName = "Label", string sentence1ColumnName = "Sentence1", string? sentence2ColumnName = null, BertModel? pretrained = null) =>
        trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            LabelColumnName = labelColumnName, Sentence1ColumnName = sentence1ColumnName, Sentence2ColumnName = sentence2ColumnName, Pretrained = pretrained,
        });

    /// <summary>Fine-tunes an encoder to classify texts or pairs of sentences.</summary>
    /// <param name="trainers">The multiclass trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="pipeline" language="csharp"/></example>
    public static PldBertMulticlassTrainer PldBert(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers, PldBertMulticlassTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new PldBertMulticlassTrainer(MLNetAccess.EnvironmentOf(trainers), options);
    }

    /// <summary>Fine-tunes an encoder to answer a yes-or-no question about texts or pairs of sentences, with default options.</summary>
    /// <param name="trainers">The binary trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">The column with the answer: a <see cref="bool"/>.</param>
    /// <param name="sentence1ColumnName">The text column, or the first sentence of a pair.</param>
    /// <param name="sentence2ColumnName">The second sentence of a pair; null for single texts.</param>
    /// <param name="pretrained">The encoder to start from; null trains from scratch, and says so in the log.</param>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="binary" language="csharp"/></example>
    public static PldBertBinaryTrainer PldBert(
        this BinaryClassificationCatalog.BinaryClassificationTrainers trainers,
        string labelColumnName = "Label", string sentence1ColumnName = "Sentence1", string? sentence2ColumnName = null, BertModel? pretrained = null) =>
        trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            LabelColumnName = labelColumnName, Sentence1ColumnName = sentence1ColumnName, Sentence2ColumnName = sentence2ColumnName, Pretrained = pretrained,
        });

    /// <summary>Fine-tunes an encoder to answer a yes-or-no question about texts or pairs of sentences.</summary>
    /// <param name="trainers">The binary trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="binary" language="csharp"/></example>
    public static PldBertBinaryTrainer PldBert(this BinaryClassificationCatalog.BinaryClassificationTrainers trainers, PldBertBinaryTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new PldBertBinaryTrainer(MLNetAccess.EnvironmentOf(trainers), options);
    }

    /// <summary>Fine-tunes an encoder to predict a number from texts or pairs of sentences, with default options.</summary>
    /// <param name="trainers">The regression trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">The column with the number to be predicted: a <see cref="float"/>.</param>
    /// <param name="sentence1ColumnName">The text column, or the first sentence of a pair.</param>
    /// <param name="sentence2ColumnName">The second sentence of a pair; null for single texts.</param>
    /// <param name="pretrained">The encoder to start from; null trains from scratch, and says so in the log.</param>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="regression" language="csharp"/></example>
    public static PldBertRegressionTrainer PldBert(
        this RegressionCatalog.RegressionTrainers trainers,
        string labelColumnName = "Label", string sentence1ColumnName = "Sentence1", string? sentence2ColumnName = null, BertModel? pretrained = null) =>
        trainers.PldBert(new PldBertRegressionTrainer.Options
        {
            LabelColumnName = labelColumnName, Sentence1ColumnName = sentence1ColumnName, Sentence2ColumnName = sentence2ColumnName, Pretrained = pretrained,
        });

    /// <summary>Fine-tunes an encoder to predict a number from texts or pairs of sentences.</summary>
    /// <param name="trainers">The regression trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    /// <example><code source="../../test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs" region="regression" language="csharp"/></example>
    public static PldBertRegressionTrainer PldBert(this RegressionCatalog.RegressionTrainers trainers, PldBertRegressionTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new PldBertRegressionTrainer(MLNetAccess.EnvironmentOf(trainers), options);
    }
}
