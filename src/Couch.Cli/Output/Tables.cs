using System.Text;
using Couch.Cli.Terminal;
using Spectre.Console;

namespace Couch.Cli.Output;

/// <summary>Tables for a person: never wider than the terminal, one line a row.</summary>
internal static class Tables
{
    private const int Gap = 2;
    private const int LeastCut = 6;

    /// <summary>A row for each, with the columns that a list has.</summary>
    public static string List<T>(IReadOnlyList<T> rows, View<T> view, Surroundings around, bool showSecrets)
    {
        var now = around.Now;
        // A column in which nobody has anything takes the room that others need.
        var columns = view.Columns.Where(column => column.IsInList
            && rows.Any(row => Shown(column, row, now, showSecrets).Length > 0)).ToList();
        var cells = rows.Select(row => columns.Select(column => Shown(column, row, now, showSecrets)).ToList()).ToList();
        var widths = Fit(columns, cells, around.Width);

        var table = new Table().Border(TableBorder.None).HideHeaders();
        for (var at = 0; at < columns.Count; at++)
        {
            table.AddColumn(new TableColumn("")
            {
                NoWrap = true, Width = widths[at], Padding = new Padding(0, 0, at == columns.Count - 1 ? 0 : Gap, 0),
            });
        }

        table.AddRow(columns.Select((column, at) => new Text(Cut(Heading(column), widths[at]), new Style(Color.Grey))));
        for (var row = 0; row < rows.Count; row++)
        {
            var of = rows[row];
            table.AddRow(columns.Select((column, at) =>
                new Text(Cut(cells[row][at], widths[at]), column.Colour?.Invoke(of) is { } colour ? new Style(colour) : Style.Plain)));
        }

        return Render(table, around);
    }

    /// <summary>A line for each field that has a value. Nothing is cut.</summary>
    public static string Single<T>(T value, View<T> view, Surroundings around, bool showSecrets)
    {
        var now = around.Now;
        var lines = view.Columns
            .Select(column => (column.Name, Whole: Printer.Whole(column, value, showSecrets), Shown: column.Shown?.Invoke(value, now)))
            .Where(line => line.Whole.Length > 0).ToList();
        var width = lines.Count == 0 ? 0 : lines.Max(line => line.Name.Length);
        var text = new StringBuilder();
        foreach (var (name, whole, shown) in lines)
            text.Append(name.PadRight(width)).Append("  ").AppendLine(shown is null ? whole : $"{whole} ({Visible.Of(shown)})");
        return text.ToString();
    }

    /// <summary>The text in so many cells at most, ending in an ellipsis where it was cut.</summary>
    public static string Cut(string text, int width)
    {
        if (text.GetCellWidth() <= width)
            return text;
        var cut = new StringBuilder();
        var left = width - 1;
        foreach (var rune in text.EnumerateRunes())
        {
            left -= rune.ToString().GetCellWidth();
            if (left < 0)
                break;
            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    private static string Shown<T>(Column<T> column, T row, DateTimeOffset now, bool showSecrets) =>
        column.Shown is { } shown ? Visible.Of(shown(row, now)) : Printer.Whole(column, row, showSecrets);

    private static string Heading<T>(Column<T> column) => (column.Heading ?? column.Name).ToUpperInvariant();

    /// <summary>
    /// Takes from the widest column that may be cut, until all fit; where that is not enough, from the widest of all.
    /// </summary>
    private static int[] Fit<T>(List<Column<T>> columns, List<List<string>> cells, int width)
    {
        var widths = columns.Select((column, at) =>
            cells.Select(row => row[at].GetCellWidth()).Append(Heading(column).Length).Max()).ToArray();
        while (widths.Sum() + (Gap * (columns.Count - 1)) > width)
        {
            var widest = Widest(at => columns[at].MayBeCut && widths[at] > LeastCut) ?? Widest(at => widths[at] > 1);
            if (widest is not { } column)
                break;
            widths[column]--;
        }

        return widths;

        int? Widest(Func<int, bool> counts) =>
            Enumerable.Range(0, columns.Count).Where(counts).OrderByDescending(at => widths[at]).Cast<int?>().FirstOrDefault();
    }

    private static string Render(Table table, Surroundings around)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new()
        {
            Ansi = around.HasColours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = around.HasColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = around.Width;
        console.Write(table);
        return text.ToString();
    }
}
