using System.Collections;
using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>
/// The rows of a statement, read to the end, so that no reader blocks the writer. Values have SQLite's own types (long, double,
/// string, bytes) and are converted to the requested type.
/// </summary>
internal sealed class RowsInMemory : DbDataReader
{
    private readonly string[] names;
    private readonly List<object[]> rows = [];
    private int at = -1;

    public RowsInMemory(SqliteDataReader reader)
    {
        names = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        while (reader.Read())
        {
            var row = new object[names.Length];
            reader.GetValues(row);
            rows.Add(row);
        }

        // A text may contain further statements, which run when they are requested.
        while (reader.NextResult()) { }
        RecordsAffected = reader.RecordsAffected;
    }

    /// <summary>The first row's first value; null when there is none.</summary>
    public object? First => rows is [[var first, ..], ..] ? first : null;

    public override int FieldCount => names.Length;
    public override bool HasRows => rows.Count > 0;
    public override bool IsClosed => false;
    public override int RecordsAffected { get; }
    public override int Depth => 0;
    public override object this[int ordinal] => GetValue(ordinal);
    public override object this[string name] => GetValue(GetOrdinal(name));

    public override bool Read() => ++at < rows.Count;
    public override bool NextResult() => false;
    public override IEnumerator GetEnumerator() => new DbEnumerator(this);

    public override string GetName(int ordinal) => names[ordinal];
    public override int GetOrdinal(string name) => Array.IndexOf(names, name) is var found and >= 0
        ? found
        : throw new ArgumentOutOfRangeException(nameof(name), name, "no such column");
    public override object GetValue(int ordinal) => rows[at][ordinal];
    public override bool IsDBNull(int ordinal) => GetValue(ordinal) is DBNull;
    public override Type GetFieldType(int ordinal) => HasRows ? rows[Math.Clamp(at, 0, rows.Count - 1)][ordinal].GetType() : typeof(object);
    public override string GetDataTypeName(int ordinal) => GetFieldType(ordinal).Name;

    public override int GetValues(object[] values)
    {
        var count = Math.Min(values.Length, names.Length);
        Array.Copy(rows[at], values, count);
        return count;
    }

    public override bool GetBoolean(int ordinal) => As<bool>(ordinal);
    public override byte GetByte(int ordinal) => As<byte>(ordinal);
    public override char GetChar(int ordinal) => As<char>(ordinal);
    public override DateTime GetDateTime(int ordinal) => As<DateTime>(ordinal);
    public override decimal GetDecimal(int ordinal) => As<decimal>(ordinal);
    public override double GetDouble(int ordinal) => As<double>(ordinal);
    public override float GetFloat(int ordinal) => As<float>(ordinal);
    public override short GetInt16(int ordinal) => As<short>(ordinal);
    public override int GetInt32(int ordinal) => As<int>(ordinal);
    public override long GetInt64(int ordinal) => As<long>(ordinal);
    public override string GetString(int ordinal) => As<string>(ordinal);
    public override Guid GetGuid(int ordinal) => Guid.Parse(GetString(ordinal));

    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) =>
        Part((byte[])GetValue(ordinal), dataOffset, buffer, bufferOffset, length);

    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) =>
        Part(GetString(ordinal).ToCharArray(), dataOffset, buffer, bufferOffset, length);

    private T As<T>(int ordinal) => GetValue(ordinal) switch
    {
        T same => same,
        DBNull => throw new InvalidCastException($"{names[ordinal]} is null"),
        var value => (T)Convert.ChangeType(value, typeof(T), CultureInfo.InvariantCulture),
    };

    private static long Part<T>(T[] all, long from, T[]? buffer, int bufferOffset, int length)
    {
        if (buffer is null)
            return all.Length;
        var count = (int)Math.Clamp(all.Length - from, 0, length);
        Array.Copy(all, from, buffer, bufferOffset, count);
        return count;
    }
}
