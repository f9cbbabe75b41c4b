using Xunit;

namespace Couch.Tests.Nodes;

/// <summary>One such test at a time, and no other beside it: several nodes under load take the whole machine.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "several nodes";
}
