using Xunit;

namespace Couch.Tests.Nodes;

/// <summary>Several nodes under load take the whole machine: one such test at a time, and no other beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "several nodes";
}
