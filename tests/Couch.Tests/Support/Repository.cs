namespace Couch.Tests.Support;

/// <summary>The working copy that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(new(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo folder) =>
        File.Exists(Path.Combine(folder.FullName, "Couch.Orleans.sln")) ? folder.FullName : Find(folder.Parent!);
}
