using System.Reflection;
using System.Runtime.CompilerServices;
using Couch.Cluster.Membership;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Cluster;

public sealed class UnderLeaseTests
{
    private readonly FakeTimeProvider clock = new();

    private static readonly Type[] Grains =
        [.. typeof(UnderLease).Assembly.GetTypes().Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Grain)))];

    [Fact]
    public async Task Every_grain_of_a_couch_answers_only_under_the_nodes_lease()
    {
        Assert.NotEmpty(Grains);
        var lease = new NodeLease(clock);
        foreach (var grain in Grains)
            await Assert.ThrowsAsync<NotConfirmedException>(() => Call(lease, grain, () => Assert.Fail($"{grain} was called")));

        lease.Renew(lease.Now);
        foreach (var grain in Grains)
            await Call(lease, grain, () => { });
    }

    [Fact]
    public async Task An_answer_that_was_computed_across_a_pause_is_not_given()
    {
        var lease = new NodeLease(clock);
        foreach (var grain in Grains)
        {
            lease.Renew(lease.Now);
            await Assert.ThrowsAsync<NotConfirmedException>(() => Call(lease, grain, () => clock.Advance(NodeLease.Duration)));
        }
    }

    [Fact]
    public async Task Orleans_own_grains_need_no_lease() => await Call(new NodeLease(clock), typeof(object), () => { });

    private static Task Call(NodeLease lease, Type grain, Action invoked)
    {
        var call = DispatchProxy.Create<IIncomingGrainCallContext, GrainCall>();
        ((GrainCall)(object)call).Grain = RuntimeHelpers.GetUninitializedObject(grain);
        ((GrainCall)(object)call).Invoked = invoked;
        return new UnderLease(lease).Invoke(call);
    }

    /// <summary>A call that reaches a grain: the members that the filter uses. Public, because a class is derived from it at run time.</summary>
    public class GrainCall : DispatchProxy
    {
        public object? Grain { get; set; }

        public Action Invoked { get; set; } = () => { };

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            switch (targetMethod?.Name)
            {
                case "get_" + nameof(IIncomingGrainCallContext.Grain):
                    return Grain;
                case "get_" + nameof(IIncomingGrainCallContext.InterfaceName):
                    return "IGrain";
                case nameof(IIncomingGrainCallContext.Invoke):
                    Invoked();
                    return Task.CompletedTask;
                default:
                    throw new NotSupportedException(targetMethod?.Name);
            }
        }
    }
}
