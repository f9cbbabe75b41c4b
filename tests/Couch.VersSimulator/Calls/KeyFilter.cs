using System.Net.Http.Headers;

namespace Couch.VersSimulator.Calls;

/// <summary>401 without a key, 403 with a key that is none of the account's.</summary>
internal sealed class KeyFilter(SimulatorOptions options) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var given = context.HttpContext.Request.Headers.Authorization.ToString();
        if (!AuthenticationHeaderValue.TryParse(given, out var header) || header is not { Scheme: "Bearer", Parameter: { } key })
            return Reply.Error(401, "a bearer key is needed");
        return key == options.Key || key == options.OtherKey ? await next(context) : Reply.Error(403, "the key is not valid");
    }
}
