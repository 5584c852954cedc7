using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Operations of a tensor with a number, which they hold until libtorch has read it.</summary>
/// <remarks>
/// TorchSharp makes an object of every number (of the 1 in a + b, too) and lets go of it before the native call: a garbage collection in this moment frees it while libtorch reads it. The
/// operation then throws "Expected false to be true", or computes with another number. How often is in docs/LOG.md, 2026-11-25. Nothing in this
/// library may use TorchSharp's own operations with numbers, and a test sees to it.
/// </remarks>
internal static class HeldScalars
{
    /// <summary>x + scale * y</summary>
    public static torch.Tensor Plus(this torch.Tensor x, torch.Tensor y, double scale = 1)
    {
        using Scalar alpha = scale;
        return x.add(y, alpha);
    }

    /// <summary>x becomes x + scale * y.</summary>
    public static torch.Tensor PlusInPlace(this torch.Tensor x, torch.Tensor y, double scale = 1)
    {
        using Scalar alpha = scale;
        return x.add_(y, alpha);
    }

    /// <summary>x + number</summary>
    public static torch.Tensor Plus(this torch.Tensor x, double number)
    {
        using Scalar addend = number, alpha = 1;
        return x.add(addend, alpha);
    }

    /// <summary>x becomes x + number.</summary>
    public static torch.Tensor PlusInPlace(this torch.Tensor x, double number)
    {
        using Scalar addend = number, alpha = 1;
        return x.add_(addend, alpha);
    }

    /// <summary>x * number</summary>
    public static torch.Tensor Times(this torch.Tensor x, double number)
    {
        using Scalar factor = number;
        return x.mul(factor);
    }

    /// <summary>x becomes x * number.</summary>
    public static torch.Tensor TimesInPlace(this torch.Tensor x, double number)
    {
        using Scalar factor = number;
        return x.mul_(factor);
    }

    /// <summary>x / number</summary>
    public static torch.Tensor DividedBy(this torch.Tensor x, double number)
    {
        using Scalar divisor = number;
        return x.div(divisor);
    }

    /// <summary>x becomes x + scale * y * z.</summary>
    public static torch.Tensor PlusProductInPlace(this torch.Tensor x, torch.Tensor y, torch.Tensor z, double scale)
    {
        using Scalar factor = scale;
        return x.addcmul_(y, z, factor);
    }

    /// <summary>x becomes x + scale * y / z.</summary>
    public static torch.Tensor PlusQuotientInPlace(this torch.Tensor x, torch.Tensor y, torch.Tensor z, double scale)
    {
        using Scalar factor = scale;
        return x.addcdiv_(y, z, factor);
    }

    /// <summary>x, and the number where the mask is true.</summary>
    public static torch.Tensor FilledWhere(this torch.Tensor x, torch.Tensor mask, double number)
    {
        using Scalar value = number;
        return x.masked_fill(mask, value);
    }

    /// <summary>The same number everywhere, float32.</summary>
    public static torch.Tensor Full(long[] shape, double number, torch.Device device)
    {
        using Scalar value = number;
        return torch.full(shape, value, torch.float32, device);
    }
}
