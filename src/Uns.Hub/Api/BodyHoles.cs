using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>Refuses settings that have <c>null</c> where something must stand, and says where: the reader of JSON lets it through.</summary>
internal sealed class BodyHoles : IEndpointFilter
{
    private const int Deepest = 8;

    // All that may be left out has a value of its own in these; what is missing in other bodies is told where it is needed.
    private static readonly HashSet<Type> Settings = [typeof(DeviceOptions), typeof(AlarmRule), typeof(PlantChange), typeof(IReadOnlyList<EquipmentRule>)];
    private static readonly ConcurrentDictionary<Type, (PropertyInfo Property, bool MayBeNull, bool MayHoldNull)[]> Known = new();

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is { } wanted && Settings.Contains(wanted)
            && context.Arguments.FirstOrDefault(wanted.IsInstanceOfType) is { } body && Find(body) is { } hole)
        {
            return Results.Problem($"The body is not the JSON that is wanted: {hole} is null.", statusCode: StatusCodes.Status400BadRequest);
        }

        return await next(context);
    }

    /// <summary>The first place where null stands and must not, such as <c>tags[2].name</c>; null: there is none.</summary>
    public static string? Find(object body) => Find(body, "", 0);

    private static string? Find(object thing, string at, int depth)
    {
        if (depth > Deepest)
        {
            return null;
        }

        if (thing is IEnumerable items and not string && !IsOurs(thing.GetType()))
        {
            return ItemsOf(items, at, mayHoldNull: false, depth);
        }

        if (!IsOurs(thing.GetType()) || thing.GetType().IsEnum)
        {
            return null;
        }

        foreach (var (property, mayBeNull, mayHoldNull) in Known.GetOrAdd(thing.GetType(), Read))
        {
            var name = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var path = at.Length > 0 ? $"{at}.{name}" : name;
            var value = property.GetValue(thing);
            var hole = value is null ? mayBeNull ? null : path : value is IEnumerable many and not string && !IsOurs(value.GetType()) ? ItemsOf(many, path, mayHoldNull, depth + 1) : Find(value, path, depth + 1);
            if (hole is not null)
            {
                return hole;
            }
        }

        return null;
    }

    private static string? ItemsOf(IEnumerable items, string at, bool mayHoldNull, int depth)
    {
        if (items.GetType().Namespace?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true)
        {
            return null; // What a connector's settings hold is for its own check.
        }

        var index = 0;
        foreach (var item in items)
        {
            var path = $"{(at.Length > 0 ? at : "row")}[{index++}]";
            if ((item is null ? mayHoldNull ? null : path : Find(item, path, depth + 1)) is { } hole)
            {
                return hole;
            }
        }

        return null;
    }

    // What is set by JSON alone: the rest is worked out of it.
    private static (PropertyInfo, bool, bool)[] Read(Type type)
    {
        var nullability = new NullabilityInfoContext();
        return
        [
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p is { CanRead: true, CanWrite: true } && p.GetIndexParameters().Length == 0 && !p.PropertyType.IsValueType)
                .Select(p => (Property: p, Info: nullability.Create(p)))
                .Select(p => (p.Property, p.Info.WriteState != NullabilityState.NotNull, (p.Info.GenericTypeArguments.FirstOrDefault() ?? p.Info.ElementType)?.WriteState == NullabilityState.Nullable)),
        ];
    }

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("Uns.", StringComparison.Ordinal) == true;
}
