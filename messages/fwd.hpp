#pragma once

namespace hive {

template <class T>
class msg;

} // namespace hive
