using Xunit;

namespace Couch.Tests.Support;

/// <summary>For tests beside which no other may run in this process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
