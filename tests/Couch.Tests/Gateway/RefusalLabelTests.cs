using System.Reflection;
using System.Text.Json;
using Couch.Gateway.Problems;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>
/// The words under which refusals are counted come from the names in a table of code, and are read by people's dashboards.
/// </summary>
public sealed class RefusalLabelTests
{
    [Fact]
    public void The_words_under_which_refusals_are_counted_never_change() => Assert.Equal(
        "already-ended body-encoded body-missing body-not-json body-too-large bug cannot-activate cannot-grant "
        + "cannot-outlive cannot-redeem cannot-revoke cannot-revoke-key ended full guest-not-found invalid-token "
        + "invite-not-found key-not-found key-reused lacks-scope no-host-key not-a-message not-from-another-site not-from-the-console "
        + "not-on-this-machine not-ready order-goes-on plain session-makes-no-ticket spent-ticket "
        + "stay-too-long too-many-requests too-many-webhooks unavailable unreadable-row webhook-not-found wrong wrong-host-key",
        string.Join(' ', typeof(Refusals).GetMembers(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => member is PropertyInfo { PropertyType: var type } && type == typeof(Refusal)
                || member is MethodInfo { IsSpecialName: false, ReturnType: var returned } && returned == typeof(Refusal))
            .Select(member => JsonNamingPolicy.KebabCaseLower.ConvertName(member.Name))
            .Order(StringComparer.Ordinal)));
}
