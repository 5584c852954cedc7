using System.Text;
using CsCheck;
using Google.Protobuf;
using Microsoft.ML.PLD.Onnx;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>An ONNX model: its numbers, names, bytes and facts are changed, and what is around them stays a model; now and then bytes without a thought.</summary>
internal sealed class OnnxFormat : BinaryFormat
{
    private static readonly long[] Sizes = [-1, 0, 1, 2, 3, 255, 1 << 20, int.MaxValue, 1L << 31, 1L << 40, 1L << 61, long.MaxValue, long.MinValue];
    private static readonly string[] Texts = ["", "0", "-1", "1", "3", "4", "99", "2147483648", "Max", "Cls", "Sum", "SlidingWindows", "true", "../model.onnx.data", "model.onnx.data", "/etc/passwd"];

    public override byte[] Mutate(byte[] bytes, byte[] other, PCG random)
    {
        if (random.Next(4) == 0) return base.Mutate(bytes, other, random);
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return base.Mutate(bytes, other, random);
        }
        if (model.Graph is null || model.Graph.Initializer.Count == 0) return base.Mutate(bytes, other, random);
        var tensors = model.Graph.Initializer;
        var tensor = tensors[Below(tensors.Count, random)];
        switch (random.Next(10))
        {
            case 0 when tensor.Dims.Count > 0:
                tensor.Dims[Below(tensor.Dims.Count, random)] = Sizes[Below(Sizes.Length, random)];
                break;
            case 1:
                if (random.Next(2) == 0) tensor.Dims.Add(Sizes[Below(Sizes.Length, random)]);
                else tensor.Dims.Clear();
                break;
            case 2:
                tensor.DataType = Below(18, random);
                break;
            case 3:
                tensor.Name = tensors[Below(tensors.Count, random)].Name;
                break;
            case 4:
                tensor.RawData = ByteString.CopyFrom(base.Mutate(tensor.RawData.ToByteArray(), other, random));
                break;
            case 5:
                tensor.DataLocation = TensorProto.Types.DataLocation.External;
                foreach (var key in new[] { "location", "offset", "length" }) tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = Texts[Below(Texts.Length, random)] });
                break;
            case 6:
                tensors.Remove(tensor);
                break;
            case 7:
                var twice = tensor.Clone();
                twice.Name += random.Next(2) == 0 ? "_quantized" : "_scale";
                tensors.Add(twice);
                break;
            case 8 when model.MetadataProps.Count > 0:
                model.MetadataProps[Below(model.MetadataProps.Count, random)].Value = Texts[Below(Texts.Length, random)];
                break;
            default:
                // The architecture: a number of it becomes another.
                if (model.MetadataProps.FirstOrDefault(fact => fact.Key == OnnxFile.Config) is { } config)
                {
                    var text = Encoding.UTF8.GetBytes(config.Value);
                    config.Value = Encoding.UTF8.GetString(new JsonFormat().Mutate(text, text, random));
                }
                break;
        }
        return model.ToByteArray();
    }
}
