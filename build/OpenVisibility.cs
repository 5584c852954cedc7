using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes copies of assemblies in which everything internal is public, for the compiler to read. The code in them is never run.
/// Flips the visibility bits in three metadata tables (ECMA-335, II.22.37 TypeDef, II.22.15 Field, II.22.26 MethodDef) and touches nothing else.
/// Compiled by MSBuild itself, against .NET Standard: no package, no newer C#.
/// </summary>
public sealed class OpenVisibility : Task
{
    [Required] public ITaskItem[] Assemblies { get; set; }

    /// <summary>Where the copies go, one for each assembly.</summary>
    [Required] public ITaskItem[] Copies { get; set; }

    public override bool Execute()
    {
        for (var i = 0; i < Assemblies.Length; i++)
        {
            var bytes = File.ReadAllBytes(Assemblies[i].ItemSpec);
            new Metadata(bytes).Open();

            // Another build of the same project may be reading or writing the copy.
            var copy = Copies[i].ItemSpec;
            var temporary = copy + "." + Guid.NewGuid().ToString("N");
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(copy)));
            File.WriteAllBytes(temporary, bytes);
            try
            {
                File.Delete(copy);
                File.Move(temporary, copy);
            }
            catch (IOException) when (File.Exists(copy))
            {
                File.Delete(temporary);
            }
        }
        return true;
    }

    private sealed class Metadata
    {
        private const int Module = 0, TypeRef = 1, TypeDef = 2, FieldPtr = 3, Field = 4, MethodPtr = 5, MethodDef = 6, Param = 8;
        private const int ModuleRef = 26, TypeSpec = 27, AssemblyRef = 35;

        private readonly byte[] _bytes;
        private readonly int[] _rows = new int[64];
        private readonly int _firstTable;
        private readonly int _stringSize, _guidSize, _blobSize;

        public Metadata(byte[] bytes)
        {
            _bytes = bytes;
            var tables = TablesStream();
            int heaps = _bytes[tables + 6];
            _stringSize = (heaps & 1) != 0 ? 4 : 2;
            _guidSize = (heaps & 2) != 0 ? 4 : 2;
            _blobSize = (heaps & 4) != 0 ? 4 : 2;

            var present = BitConverter.ToUInt64(_bytes, tables + 8);
            _firstTable = tables + 24;
            for (var table = 0; table < _rows.Length; table++)
            {
                if ((present >> table & 1) == 0) continue;
                _rows[table] = Int32(_firstTable);
                _firstTable += 4;
            }
        }

        public void Open()
        {
            var at = _firstTable;
            at += _rows[Module] * (2 + _stringSize + 3 * _guidSize);
            at += _rows[TypeRef] * (Coded(Module, ModuleRef, AssemblyRef, TypeRef) + 2 * _stringSize);
            at = OpenRows(at, TypeDef, 0, 4 + 2 * _stringSize + Coded(TypeDef, TypeRef, TypeSpec) + Index(Field) + Index(MethodDef));
            at += _rows[FieldPtr] * Index(Field);
            at = OpenRows(at, Field, 0, 2 + _stringSize + _blobSize);
            at += _rows[MethodPtr] * Index(MethodDef);
            OpenRows(at, MethodDef, 6, 8 + _stringSize + _blobSize + Index(Param));
        }

        private int OpenRows(int at, int table, int flags, int size)
        {
            for (var row = 0; row < _rows[table]; row++, at += size)
            {
                var visibility = _bytes[at + flags] & 7;
                _bytes[at + flags] = (byte)(_bytes[at + flags] & ~7 | (table == TypeDef ? OpenType(visibility) : OpenMember(visibility)));
            }
            return at;
        }

        // NotPublic becomes Public; NestedAssembly, NestedFamANDAssem and NestedFamORAssem become NestedPublic.
        private static int OpenType(int visibility)
        {
            return visibility == 0 ? 1 : visibility >= 5 ? 2 : visibility;
        }

        // FamANDAssem, Assem and FamORAssem become Public.
        private static int OpenMember(int visibility)
        {
            return visibility == 2 || visibility == 3 || visibility == 5 ? 6 : visibility;
        }

        private int Index(int table)
        {
            return _rows[table] < 1 << 16 ? 2 : 4;
        }

        // An index into one of several tables; two bits say which.
        private int Coded(params int[] tables)
        {
            foreach (var table in tables)
                if (_rows[table] >= 1 << 14) return 4;
            return 2;
        }

        private int TablesStream()
        {
            var header = Int32(0x3c);
            var optional = header + 24;
            var directories = optional + (BitConverter.ToUInt16(_bytes, optional) == 0x20b ? 112 : 96);
            var cli = FileOffset(header, Int32(directories + 14 * 8));
            var root = FileOffset(header, Int32(cli + 8));

            var stream = root + 16 + Int32(root + 12);
            int count = BitConverter.ToUInt16(_bytes, stream + 2);
            stream += 4;
            for (var i = 0; i < count; i++)
            {
                var length = Array.IndexOf(_bytes, (byte)0, stream + 8) - stream - 8;
                if (Encoding.ASCII.GetString(_bytes, stream + 8, length) == "#~") return root + Int32(stream);
                stream += 8 + (length / 4 + 1) * 4;
            }
            throw new BadImageFormatException("The assembly has no metadata tables.");
        }

        private int FileOffset(int header, int address)
        {
            int sections = BitConverter.ToUInt16(_bytes, header + 6);
            var section = header + 24 + BitConverter.ToUInt16(_bytes, header + 20);
            for (var i = 0; i < sections; i++, section += 40)
            {
                var start = Int32(section + 12);
                if (address >= start && address < start + Int32(section + 16)) return address - start + Int32(section + 20);
            }
            throw new BadImageFormatException("The assembly has no metadata.");
        }

        private int Int32(int at)
        {
            return BitConverter.ToInt32(_bytes, at);
        }
    }
}
