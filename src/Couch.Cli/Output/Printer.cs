using Couch.Cli.Terminal;

namespace Couch.Cli.Output;

/// <summary>Prints data on standard output, in the one format that was asked for.</summary>
internal sealed class Printer(Surroundings around, Format format, bool showSecrets)
{
    private const int RowsOnTerminal = 100;
    private bool hasHeader;

    public Format Format => format;

    /// <summary>The same, showing secrets: where a secret is what was asked for.</summary>
    public Printer Revealing => new(around, format, showSecrets: true);

    /// <summary>A list.</summary>
    /// <param name="limit">How many at most; 0: all; null: as many as suit the format.</param>
    public async Task Rows<T>(IAsyncEnumerable<T> rows, View<T> view, int? limit, Notes notes, CancellationToken cancel)
    {
        var most = limit switch { null => format is Format.Table ? RowsOnTerminal : int.MaxValue, 0 => int.MaxValue, { } given => given };
        var table = new List<T>();
        var count = 0;
        var hasMore = false;
        if (format is Format.Json)
            around.Out.Write('[');
        await foreach (var row in rows.WithCancellation(cancel))
        {
            if (count == most)
            {
                hasMore = true;
                break;
            }

            count++;
            if (format is Format.Table)
                table.Add(row);
            else if (format is Format.Json)
                around.Out.Write($"{(count == 1 ? "" : ",")}\n{Json.Line(row, showSecrets)}");
            else
                Row(row, view);
        }

        if (format is Format.Json)
            around.Out.WriteLine(count == 0 ? "]" : "\n]");
        else if (format is Format.Table && count == 0)
            notes.Say("there are none");
        else if (format is Format.Table)
            around.Out.Write(Tables.List(table, view, around, showSecrets));
        else if (format is Format.Tsv && count == 0)
            Header(view);
        await around.Out.FlushAsync(cancel);
        if (hasMore && limit is null)
            notes.Say($"these are the first {most}; --limit 0 shows all");
    }

    /// <summary>One thing, with everything that is known of it.</summary>
    public void One<T>(T value, View<T> view)
    {
        switch (format)
        {
            case Format.Table:
                around.Out.Write(Tables.Single(value, view, around, showSecrets));
                break;
            case Format.Json:
                around.Out.WriteLine(Json.Line(value, showSecrets));
                break;
            default:
                Row(value, view);
                break;
        }

        around.Out.Flush();
    }

    /// <summary>One of several that come over time: each is printed at once, on a line of its own.</summary>
    /// <param name="line">How a person reads it.</param>
    public void Next<T>(T value, View<T> view, Func<T, string> line)
    {
        if (format is Format.Table)
            around.Out.WriteLine(line(value));
        else if (format is Format.Json)
            around.Out.WriteLine(Json.Line(value, showSecrets));
        else
            Row(value, view);
        around.Out.Flush();
    }

    /// <summary>After the last of them: where there was none, TSV still has its header.</summary>
    public void End<T>(View<T> view)
    {
        if (format is Format.Tsv)
            Header(view);
        around.Out.Flush();
    }

    /// <summary>A value by itself, as it is.</summary>
    public void Bare(string value)
    {
        around.Out.WriteLine(value);
        around.Out.Flush();
    }

    private void Row<T>(T value, View<T> view)
    {
        if (format is Format.Ids)
        {
            if (Visible.Of(view.Id(value)) is { Length: > 0 } id)
                around.Out.WriteLine(id);
            return;
        }

        Header(view);
        around.Out.WriteLine(string.Join('\t', view.Columns.Select(column => Whole(column, value, showSecrets))));
    }

    private void Header<T>(View<T> view)
    {
        if (!hasHeader)
            around.Out.WriteLine(string.Join('\t', view.Columns.Select(column => column.Name)));
        hasHeader = true;
    }

    internal static string Whole<T>(Column<T> column, T value, bool showSecrets) => column.Secret is { } secret
        ? showSecrets ? secret(value).Reveal() : Masks.Of(secret(value))
        : Visible.Of(column.Whole(value));
}
