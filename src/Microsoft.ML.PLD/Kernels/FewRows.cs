using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>x W^T + b of few rows on the processor, which is what scoring a single text is made of.</summary>
/// <remarks>
/// Libraries of matrix products cut and copy both matrices into blocks first, which many rows pay for and few do not. Here each weight is read once, where it lies, and four outputs of three rows are
/// summed up in registers: docs/benchmarks/onnx_epyc-avx2-2core_2026-11-28.md has the times. With AVX-512 libtorch has not been beaten, and does it.
/// </remarks>
internal static unsafe class FewRows
{
    // From here on libtorch's own are as fast.
    private const int MostRows = 128;

    // Outputs that a thread takes at a time: their weights fit into a core's own caches.
    private const int Outputs = 32;

    private const int Width = 4, Height = 3, Lanes = 8;

    [ThreadStatic]
    private static bool _isScoring;

    private static readonly bool IsSupported = Avx.IsSupported && Fma.IsSupported && !Vector512.IsHardwareAccelerated;

    /// <summary>
    /// Lets products of few rows be ours on this thread, until the result is disposed of. In training they are libtorch's, also where there is no way back: what is computed again must be the same bit for bit.
    /// </summary>
    public static Scope Scoring() => new(Set(true));

    /// <summary>Without a way back, and while scoring; what does not suit is libtorch's.</summary>
    /// <param name="x">[rows, inputs]</param>
    /// <param name="weight">[outputs, inputs]</param>
    /// <param name="bias">[outputs]</param>
    /// <returns>[rows, outputs]</returns>
    public static torch.Tensor Linear(torch.Tensor x, torch.Tensor weight, torch.Tensor bias) => Suits(x, weight) ? Apply(x, weight, bias) : torch.nn.functional.linear(x, weight, bias);

    private static bool Suits(torch.Tensor x, torch.Tensor weight)
    {
        if (!IsSupported || !_isScoring || torch.is_grad_enabled() || x.device_type != DeviceType.CPU || x.dtype != torch.float32 || weight.dtype != torch.float32) return false;
        return x.dim() == 2 && x.shape[0] is > 0 and <= MostRows && weight.shape[0] % Width == 0 && weight.shape[1] % Lanes == 0 && weight.is_contiguous();
    }

    private static bool Set(bool isScoring)
    {
        var before = _isScoring;
        _isScoring = isScoring;
        return before;
    }

    private static torch.Tensor Apply(torch.Tensor x, torch.Tensor weight, torch.Tensor bias)
    {
        using var input = x.contiguous();
        var (rows, inputs, outputs) = ((int)x.shape[0], (int)x.shape[1], (int)weight.shape[0]);
        var result = torch.empty([rows, outputs]);
        nint from = input.Address(), weights = weight.Address(), biases = bias.Address(), to = result.Address();
        var work = (long)rows * inputs * outputs / Lanes;
        ParallelRows.ForEach((outputs + Outputs - 1) / Outputs, work, part =>
        {
            var first = part * Outputs;
            Part((float*)from, rows, inputs, (float*)weights, (float*)biases, (float*)to, outputs, first, Math.Min(outputs, first + Outputs));
        });
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        return result;
    }

    // Whatever the number of rows, an output is the same sum in the same order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Part(float* x, int rows, int inputs, float* weights, float* biases, float* y, int outputs, int first, int end)
    {
        for (var output = first; output < end; output += Width)
        {
            float* w0 = weights + (nint)output * inputs, w1 = w0 + inputs, w2 = w1 + inputs, w3 = w2 + inputs;
            var bias = Vector128.Load(biases + output);
            var row = 0;
            for (; row + Height <= rows; row += Height)
            {
                float* x0 = x + (nint)row * inputs, x1 = x0 + inputs, x2 = x1 + inputs;
                Vector256<float> s00 = default, s01 = default, s02 = default, s03 = default;
                Vector256<float> s10 = default, s11 = default, s12 = default, s13 = default;
                Vector256<float> s20 = default, s21 = default, s22 = default, s23 = default;
                for (var i = 0; i < inputs; i += Lanes)
                {
                    Vector256<float> v0 = Vector256.Load(x0 + i), v1 = Vector256.Load(x1 + i), v2 = Vector256.Load(x2 + i);
                    var w = Vector256.Load(w0 + i);
                    (s00, s10, s20) = (Fma.MultiplyAdd(v0, w, s00), Fma.MultiplyAdd(v1, w, s10), Fma.MultiplyAdd(v2, w, s20));
                    w = Vector256.Load(w1 + i);
                    (s01, s11, s21) = (Fma.MultiplyAdd(v0, w, s01), Fma.MultiplyAdd(v1, w, s11), Fma.MultiplyAdd(v2, w, s21));
                    w = Vector256.Load(w2 + i);
                    (s02, s12, s22) = (Fma.MultiplyAdd(v0, w, s02), Fma.MultiplyAdd(v1, w, s12), Fma.MultiplyAdd(v2, w, s22));
                    w = Vector256.Load(w3 + i);
                    (s03, s13, s23) = (Fma.MultiplyAdd(v0, w, s03), Fma.MultiplyAdd(v1, w, s13), Fma.MultiplyAdd(v2, w, s23));
                }
                var at = y + (nint)row * outputs + output;
                (Sums(s00, s01, s02, s03) + bias).Store(at);
                (Sums(s10, s11, s12, s13) + bias).Store(at + outputs);
                (Sums(s20, s21, s22, s23) + bias).Store(at + 2 * (nint)outputs);
            }
            for (; row < rows; row++)
            {
                var x0 = x + (nint)row * inputs;
                Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
                for (var i = 0; i < inputs; i += Lanes)
                {
                    var v = Vector256.Load(x0 + i);
                    (s0, s1) = (Fma.MultiplyAdd(v, Vector256.Load(w0 + i), s0), Fma.MultiplyAdd(v, Vector256.Load(w1 + i), s1));
                    (s2, s3) = (Fma.MultiplyAdd(v, Vector256.Load(w2 + i), s2), Fma.MultiplyAdd(v, Vector256.Load(w3 + i), s3));
                }
                (Sums(s0, s1, s2, s3) + bias).Store(y + (nint)row * outputs + output);
            }
        }
    }

    /// <summary>Ends <see cref="Scoring"/>.</summary>
    public readonly struct Scope(bool before) : IDisposable
    {
        public void Dispose() => Set(before);
    }

    // The sum of each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        var pairs = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return pairs.GetLower() + pairs.GetUpper();
    }
}
