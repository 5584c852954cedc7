using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;
using Microsoft.ML.Runtime;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: LoadableClass(typeof(PldBertTransformer), typeof(ModelLoader<PldBertTransformer>), null, typeof(SignatureLoadModel), "Pre-trained BERT encoder", PldBertTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(PldBertMulticlassTransformer), typeof(ModelLoader<PldBertMulticlassTransformer>), null, typeof(SignatureLoadModel), "Fine-tuned BERT classifier", PldBertMulticlassTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(PldBertBinaryTransformer), typeof(ModelLoader<PldBertBinaryTransformer>), null, typeof(SignatureLoadModel), "Fine-tuned BERT binary classifier", PldBertBinaryTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(PldBertRegressionTransformer), typeof(ModelLoader<PldBertRegressionTransformer>), null, typeof(SignatureLoadModel), "Fine-tuned BERT regression", PldBertRegressionTransformer.LoaderSignature)]

namespace Microsoft.ML.PLD
{
    /// <summary>All that this library uses of ML.NET and that ML.NET keeps to itself. Nothing outside this file may.</summary>
    /// <remarks>
    /// ML.NET gives components of others no public way into <c>mlContext.Model.Save</c> and <c>Load</c>, to the environment behind its catalogs,
    /// to schema shapes or to cancellation. The compiler sees these members in copies that <c>build/OpenMLNet.targets</c> makes, and the runtime
    /// lets this assembly use them because of the attributes above. A release of ML.NET without them is met by <see cref="EnsureAvailable"/>.
    /// </remarks>
    internal static class MLNetAccess
    {
        private const string Expected = "5.0.1 or a later 5.0 release";

        private static readonly Lazy<string?> Problem = new(() => MemberCheck.FirstProblem(typeof(Members)));

        /// <summary>Checks that the ML.NET in this process has all the members that are used here.</summary>
        /// <exception cref="NotSupportedException">It does not; the message names the version found and those expected.</exception>
        public static void EnsureAvailable()
        {
            if (Problem.Value is { } problem) throw Unavailable(problem);
        }

        internal static NotSupportedException Unavailable(string problem)
        {
            var found = typeof(ITransformer).Assembly;
            var version = found.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
                ?? $"{found.GetName().Version}";
            return new NotSupportedException(
                $"Microsoft.ML.PLD needs Microsoft.ML {Expected}, but this process has loaded Microsoft.ML {version} (from '{found.Location}'), "
                + $"where something is missing: {problem} Reference a version of Microsoft.ML that fits, or a newer Microsoft.ML.PLD.");
        }

        public static IHostEnvironment EnvironmentOf(TransformsCatalog catalog)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            EnsureAvailable();
            return Members.EnvironmentOf(catalog);
        }

        public static IHostEnvironment EnvironmentOf(TrainCatalogBase.CatalogInstantiatorBase trainers)
        {
            ArgumentNullException.ThrowIfNull(trainers);
            EnsureAvailable();
            return Members.EnvironmentOf(trainers);
        }

        /// <exception cref="OperationCanceledException">The <see cref="MLContext"/> was cancelled, as AutoML does when its time is up.</exception>
        public static void CheckAlive(IHostEnvironment environment) => Members.CheckAlive(environment);

        public static SchemaShape ShapeOf(DataViewSchema schema) => Members.ShapeOf(schema);

        /// <summary>Writes the entries, and what <c>mlContext.Model.Load</c> needs to find <see cref="ModelLoader{T}"/> for them.</summary>
        public static void Save<T>(ModelSaveContext context, IReadOnlyCollection<ModelEntry> entries) where T : ILoadableModel<T> =>
            Members.Save(context, T.Format, typeof(T).Assembly, entries);

        /// <summary>The members themselves: the just-in-time compiler looks them up method by method.</summary>
        internal static class Members
        {
            public static IHostEnvironment EnvironmentOf(TransformsCatalog catalog) => CatalogUtils.GetEnvironment(catalog);

            public static IHostEnvironment EnvironmentOf(TrainCatalogBase.CatalogInstantiatorBase trainers) => CatalogUtils.GetEnvironment(trainers);

            public static void CheckAlive(IHostEnvironment environment) => environment.CheckAlive();

            public static SchemaShape ShapeOf(DataViewSchema schema) => SchemaShape.Create(schema);

            public static void Save(ModelSaveContext context, ModelFormat format, Assembly loader, IReadOnlyCollection<ModelEntry> entries)
            {
                context.CheckAtModel();
                context.SetVersionInfo(VersionOf(format, loader));
                context.Writer.Write(entries.Count); // as SavedEntries.ReadHashes reads it
                foreach (var entry in entries)
                {
                    byte[] hash = [];
                    context.SaveBinaryStream(entry.Name, writer =>
                    {
                        entry.Write(writer.BaseStream);
                        writer.BaseStream.Position = 0; // a temporary file, or memory: it can be read again
                        hash = SHA256.HashData(writer.BaseStream);
                    });
                    context.Writer.Write(entry.Name);
                    context.Writer.Write(hash);
                }
            }

            public static SavedEntries Open(ModelLoadContext context, ModelFormat format, Assembly loader)
            {
                context.CheckAtModel(VersionOf(format, loader));
                return new SavedEntries(format.LoaderSignature, SavedEntries.ReadHashes(context.Reader, format.LoaderSignature),
                    (name, read) => context.TryLoadBinaryStream(name, reader => read(reader.BaseStream)));
            }

            // The loader by its bare name: which version may read what is for the format to say.
            private static VersionInfo VersionOf(ModelFormat format, Assembly loader) => new(
                modelSignature: format.ModelSignature,
                verWrittenCur: format.Version, verReadableCur: format.Version, verWeCanReadBack: format.OldestReadable,
                loaderSignature: format.LoaderSignature, loaderAssemblyName: loader.GetName().Name);
        }
    }

    /// <summary>
    /// What <c>mlContext.Model.Load</c> calls, by reflection, in a process that may never have named a type of ours. Each model is registered with
    /// <c>[assembly: LoadableClass(typeof(T), typeof(ModelLoader&lt;T&gt;), null, typeof(SignatureLoadModel), "Name for people", T.LoaderSignature)]</c>.
    /// </summary>
    internal static class ModelLoader<T> where T : ILoadableModel<T>
    {
        private static T Create(IHostEnvironment environment, ModelLoadContext context)
        {
            MLNetAccess.EnsureAvailable();
            return T.Load(environment, MLNetAccess.Members.Open(context, T.Format, typeof(T).Assembly));
        }
    }
}

namespace System.Runtime.CompilerServices
{
    /// <summary>Known to the runtime by its name: lets this assembly use the internal members of the one named.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName { get; } = assemblyName;
    }
}
