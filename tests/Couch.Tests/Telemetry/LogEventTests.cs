using System.Reflection;
using Couch.Cluster;
using Couch.Gateway;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Couch.Tests.Telemetry;

public sealed class LogEventTests
{
    [Fact]
    public void Every_message_of_the_log_has_an_id_of_its_own()
    {
        const BindingFlags declared =
            BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        var messages = new[] { typeof(CouchOptions), typeof(CouchGateway) }
            .SelectMany(type => type.Assembly.GetTypes())
            .SelectMany(type => type.GetMethods(declared))
            .Select(method => (method.Name, Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(method => method.Message is not null)
            .ToList();

        Assert.True(messages.Count > 80, $"{messages.Count} found");
        Assert.All(messages, one => Assert.True(one.Message!.EventId > 0, $"{one.Name}: {one.Message.Message}"));
        Assert.All(messages, one => Assert.StartsWith("Log", one.Name, StringComparison.Ordinal));
        Assert.Empty(messages.GroupBy(one => one.Message!.EventId).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(", ", same.Select(one => one.Name))}"));
    }
}
