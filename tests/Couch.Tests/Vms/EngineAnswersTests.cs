using System.Net;
using Couch.Cluster.Vms.Docker;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>What a container engine's refusal means for a sandbox that is to be made.</summary>
public sealed class EngineAnswersTests
{
    [Theory]
    [InlineData(HttpStatusCode.NotFound, "No such container: 0123456789ab", false)]
    [InlineData(HttpStatusCode.NotFound, "no such image: golden", true)]
    [InlineData(HttpStatusCode.InternalServerError, "no such container 0123456789ab", false)]
    [InlineData(HttpStatusCode.InternalServerError, "crun: executable file not found in $PATH", true)]
    public void What_somebody_has_cleaned_away_is_made_again_and_what_is_missing_for_good_is_not(
        HttpStatusCode status, string words, bool isFinal) =>
        Assert.Equal(isFinal, DockerEngine.IsFinal(status, words));

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "no space left on device", true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, "the engine shuts down", true)]
    [InlineData(HttpStatusCode.Conflict, "the container name is already in use", false)]
    [InlineData(HttpStatusCode.InternalServerError, "the container name \"couch-1\" is already in use by 0123456789ab", false)]
    [InlineData(HttpStatusCode.InternalServerError, "no such container 0123456789ab", false)]
    [InlineData(HttpStatusCode.InternalServerError, "crun: executable file not found in $PATH", false)]
    public void An_engine_that_fails_is_told_from_one_that_refuses(HttpStatusCode status, string words, bool isFailure) =>
        Assert.Equal(isFailure, DockerEngine.IsFailure(status, words));
}
