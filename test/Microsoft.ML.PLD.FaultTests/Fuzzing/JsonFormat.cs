using CsCheck;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>JSON: its values are exchanged for extreme ones.</summary>
internal class JsonFormat : TokenFormat
{
    private static readonly string[] Numbers =
    [
        "-1", "0", "1", "2", "3", "64", "65", "255", "256", "1000", "65536", "16777216", "16777217", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967296", "9007199254740993",
        "4611686018427387904", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "1e308", "1e400", "-1e400", "1e-400", "-0", "0.5", "1.0", "1e2", "00", "1e", "-",
        "0.00000000000000000000000000000000001",
    ];

    private static readonly string[] Others =
    [
        "null", "true", "false", "\"\"", "[]", "{}", "[null]", "[1,2]", "{\"a\":1}", "\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "\"1\"", "\"\\ud800\"", "\"\\u0000\"", "\"\\", "\"../../x\"", "\"/etc/passwd\"",
        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "{\"$type\":\"System.Diagnostics.Process\"}", "// x\n", "/* x */", ",", ":", "{", "}", "[", "]", "\"ü\"", "\"日本\"", "\"0001-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59.9999999+14:00\"",
    ];

    protected override byte[] Replacement(ReadOnlySpan<byte> token, PCG random)
    {
        var isNumber = token.Length > 0 && (token[0] == '-' || char.IsAsciiDigit((char)token[0]));
        switch (random.Next(isNumber ? 6U : 12U))
        {
            case 0 or 7 or 8:
                return Utf8(Others[Below(Others.Length, random)]);
            case 6 when token.Length >= 2: // a byte within a string
                var changed = token.ToArray();
                changed[1 + Below(token.Length - 2, random)] = (byte)random.Next();
                return changed;
            case 9 when random.Next(16) == 0: // long, nested deeply
                var depth = 1 << Below(17, random);
                return Utf8(random.Next(3) switch
                {
                    0 => new string('[', depth),
                    1 => string.Concat(Enumerable.Repeat("{\"a\":", depth >> 3)),
                    _ => $"\"{new string("aü\u0001"[Below(2, random)], depth)}\"",
                });
            default:
                return Utf8(Numbers[Below(Numbers.Length, random)]);
        }
    }

    protected override List<(int Start, int End)> Tokens(byte[] bytes)
    {
        var tokens = new List<(int, int)>();
        for (var i = 0; i < bytes.Length && tokens.Count < 4_096;)
        {
            var start = i;
            var first = bytes[i++];
            if (first is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') continue;
            if (first == '"')
            {
                while (i < bytes.Length && bytes[i] != '"') i += bytes[i] == '\\' ? 2 : 1;
                i = Math.Min(i + 1, bytes.Length);
            }
            else if (!IsPunctuation(first))
            {
                while (i < bytes.Length && !IsPunctuation(bytes[i]) && bytes[i] != '"' && bytes[i] > ' ') i++;
            }
            tokens.Add((start, i));
        }
        return tokens;
    }

    protected override bool IsValue(byte first) => !IsPunctuation(first);

    private static bool IsPunctuation(byte value) => value is (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)',' or (byte)':';
}
