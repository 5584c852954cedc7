using System.Text.Json.Nodes;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TokenizerFilesTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void EitherFileAloneIsTheTokenizer(bool lowerCase)
    {
        var tokenizer = Write(lowerCase);
        foreach (var removed in new[] { null, TokenizerFiles.Fast, TokenizerFiles.Vocabulary })
        {
            Write(lowerCase);
            if (removed is not null) File.Delete(_folder[removed]);
            var read = TokenizerFiles.Read(_folder[""]);
            Assert.IsTrue(read.IsSameAs(tokenizer), removed);
            CollectionAssert.AreEqual(tokenizer.Encode("A b, c!").Ids, read.Encode("A b, c!").Ids);
        }
    }

    [TestMethod]
    public void TheFilesSayWhatHuggingFacesDo()
    {
        Write(lowerCase: true);
        var settings = JsonNode.Parse(File.ReadAllText(_folder[TokenizerFiles.Settings]))!;
        Assert.AreEqual(("BertTokenizer", true, 11, "[MASK]"), ((string?)settings["tokenizer_class"], (bool)settings["do_lower_case"]!, (int)settings["model_max_length"]!, (string?)settings["mask_token"]));
        var fast = JsonNode.Parse(File.ReadAllText(_folder[TokenizerFiles.Fast]))!;
        Assert.AreEqual("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", fast["normalizer"]!.ToJsonString());
        Assert.AreEqual("""{"type":"BertPreTokenizer"}""", fast["pre_tokenizer"]!.ToJsonString());
        Assert.AreEqual(
            """[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}]""",
            fast["post_processor"]!["pair"]!.ToJsonString());
        Assert.AreEqual("""{"id":0,"content":"[PAD]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""", fast["added_tokens"]![0]!.ToJsonString());
        Assert.AreEqual(("WordPiece", 100, CorpusFolder.Letters.Count), ((string?)fast["model"]!["type"], (int)fast["model"]!["max_input_chars_per_word"]!, fast["model"]!["vocab"]!.AsObject().Count));
        Assert.IsNull(fast["truncation"]);
    }

    [TestMethod]
    [DataRow("tokenizer_class", "\"BertJapaneseTokenizer\"", "tokenizer_class is 'BertJapaneseTokenizer'; expected BertTokenizer")]
    [DataRow("strip_accents", "false", "strip_accents is 'False'; expected null or True")]
    [DataRow("tokenize_chinese_chars", "false", "tokenize_chinese_chars is 'False'")]
    public void OtherSettingsAreRefused(string field, string value, string message)
    {
        Write(lowerCase: true);
        Set(TokenizerFiles.Settings, settings => settings[field] = JsonNode.Parse(value));
        AssertRefused(TokenizerFiles.Settings, message);
    }

    [TestMethod]
    [DataRow("model", "type", "\"BPE\"", "model.type is 'BPE'; expected WordPiece")]
    [DataRow("model", "unk_token", "\"<unk>\"", "model.unk_token is '<unk>'")]
    [DataRow("model", "continuing_subword_prefix", "\"@@\"", "model.continuing_subword_prefix is '@@'")]
    [DataRow("normalizer", "type", "\"Lowercase\"", "normalizer.type is 'Lowercase'; expected BertNormalizer")]
    [DataRow("normalizer", "strip_accents", "false", "strip_accents is 'False'")]
    [DataRow("pre_tokenizer", "type", "\"Whitespace\"", "pre_tokenizer.type is 'Whitespace'; expected BertPreTokenizer")]
    [DataRow("model", "vocab", "{\"[PAD]\": 0, \"a\": 0}", "gives the piece 'a' the id 0; expected each of 0 to 1 once")]
    [DataRow("model", "vocab", "{\"[PAD]\": 0, \"a\": -1}", "gives the piece 'a' the id -1")]
    [DataRow("model", "vocab", "{\"[PAD]\": 0, \"a\": 1}", "lacks [UNK], [CLS], [SEP], [MASK]")]
    public void OtherTokenizersAreRefused(string part, string field, string value, string message)
    {
        Write(lowerCase: true);
        File.Delete(_folder[TokenizerFiles.Vocabulary]);
        Set(TokenizerFiles.Fast, fast => fast[part]![field] = JsonNode.Parse(value));
        AssertRefused(TokenizerFiles.Fast, message);
    }

    [TestMethod]
    public void TheCaseThatSettingsDoNotSayIsThatOfTheOtherFile()
    {
        Write(lowerCase: false);
        Set(TokenizerFiles.Settings, settings => settings.AsObject().Remove("do_lower_case"));
        Assert.IsFalse(TokenizerFiles.Read(_folder[""]).LowerCase);
    }

    [TestMethod]
    public void PiecesThatAreNotOfWordsAreRefused()
    {
        Write(lowerCase: true);
        File.WriteAllText(_folder[TokenizerFiles.Added], """{"[CLS]": 2}"""); // it is one of the vocabulary
        TokenizerFiles.Read(_folder[""]);
        File.WriteAllText(_folder[TokenizerFiles.Added], """{"<url>": 73}""");
        AssertRefused(TokenizerFiles.Added, "adds the piece '<url>' to the vocabulary");

        File.Delete(_folder[TokenizerFiles.Vocabulary]);
        Set(TokenizerFiles.Fast, fast => fast["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 73, "content": "<url>"}""")));
        AssertRefused(TokenizerFiles.Fast, "adds the piece '<url>' to the vocabulary");
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("[1]")]
    [DataRow("""{"normalizer": null}""")]
    [DataRow("""{"model": null}""")]
    [DataRow("""{"model": {"type": "WordPiece", "vocab": null}}""")]
    [DataRow("""{"model": {"vocab": [1]}}""")]
    public void WhatIsNoTokenizerIsRefused(string text)
    {
        File.WriteAllText(_folder[TokenizerFiles.Fast], text);
        AssertRefused(TokenizerFiles.Fast, "is not a tokenizer in JSON");
    }

    private WordPieceTokenizer Write(bool lowerCase)
    {
        var tokenizer = new WordPieceTokenizer(CorpusFolder.Letters, lowerCase);
        TokenizerFiles.Write(tokenizer, maxLength: 11, (name, write) => AtomicFile.Write(_folder[name], write));
        return tokenizer;
    }

    private void Set(string file, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(_folder[file]))!;
        change(json);
        File.WriteAllText(_folder[file], json.ToJsonString());
    }

    private void AssertRefused(string file, string message)
    {
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => TokenizerFiles.Read(_folder[""]));
        StringAssert.Contains(failure.Message, message);
        StringAssert.Contains(failure.Message, file);
    }
}
