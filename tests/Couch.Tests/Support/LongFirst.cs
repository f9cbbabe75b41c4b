using Couch.Tests.Console;
using Couch.Tests.Crashes;
using Couch.Tests.Nodes;
using Couch.Tests.Roles;
using Couch.Tests.Support;
using Couch.Tests.Vms;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongFirst))]

namespace Couch.Tests.Support;

/// <summary>Begins the longest classes first: whichever of them began last would be waited for alone.</summary>
public sealed class LongFirst : ITestCollectionOrderer
{
    /// <summary>Classes that take most of a minute or more, whose tests run one after the other.</summary>
    private static readonly string[] Long =
    [
        nameof(LateVmTests), nameof(WrongClockTests), nameof(MovingDatabaseTests), nameof(RolesTests), nameof(DockerProviderTests),
        nameof(SandboxNetworkTests), nameof(LongDayConsoleTests), nameof(LooksConsoleTests), nameof(GuestLifePropertyTests),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        // The others are mixed, and in the same way each time: neighbours in the tree need the same things.
        [.. testCollections.OrderBy(IsShort).ThenBy(collection => collection.UniqueID, StringComparer.Ordinal)];

    /// <summary>A class without a collection of its own is one, named for it.</summary>
    private static bool IsShort<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection =>
        !Long.Any(name => collection.TestCollectionDisplayName.Contains($".{name} (", StringComparison.Ordinal));
}
