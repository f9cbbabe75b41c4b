namespace Couch.Client;

/// <summary>The VM that a host gives to a waiting guest.</summary>
internal sealed record ActivateBody(string VmId, string AgentEndpoint);

/// <summary>The time by which a guest's stay is extended.</summary>
internal sealed record ExtendBody(double Hours);
