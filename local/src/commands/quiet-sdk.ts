/** Imported by commands that use the AWS SDK themselves: on Node 20 it warns of its own future at its first client. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
