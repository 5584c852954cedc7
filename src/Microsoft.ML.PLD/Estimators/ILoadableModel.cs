using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>A model that is kept in model.zip. Each needs one line of registration, see <see cref="ModelLoader{T}"/>.</summary>
internal interface ILoadableModel<TSelf> where TSelf : ILoadableModel<TSelf>
{
    static abstract ModelFormat Format { get; }

    static abstract TSelf Load(IHostEnvironment environment, SavedEntries entries);
}
