namespace Couch.Cli.Terminal;

/// <summary>Lines on a terminal that are written over by the next ones.</summary>
internal sealed class LiveText(Surroundings around)
{
    private int lines;

    /// <summary>Shows the text in place of the last one. What is below the terminal's end is left out.</summary>
    public void Show(string text)
    {
        var shown = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(Math.Max(1, around.Height - 1)).ToList();
        if (lines > 0)
            around.Out.Write($"\e[{lines}A");
        around.Out.Write("\r\e[J");
        foreach (var line in shown)
            around.Out.WriteLine(line);
        around.Out.Flush();
        lines = shown.Count;
    }
}
