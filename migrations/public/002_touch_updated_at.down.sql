DROP TRIGGER user_sessions_touch_updated_at ON user_sessions;
DROP TRIGGER users_touch_updated_at ON users;
DROP TRIGGER tenants_touch_updated_at ON tenants;
DROP FUNCTION touch_updated_at();
