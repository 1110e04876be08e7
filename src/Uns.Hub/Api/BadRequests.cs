using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;

namespace Uns.Hub.Api;

/// <summary>Says in the answer what is wrong with a request's body or parameters.</summary>
internal sealed class BadRequests : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BadHttpRequestException bad)
        {
            return false;
        }

        var detail = bad.InnerException is JsonException json
            ? $"The body is not the JSON that is wanted: {json.Message}"
            : bad.Message;
        await Results.Problem(detail, statusCode: bad.StatusCode).ExecuteAsync(context);
        return true;
    }
}
